/**
 * Where the pictures of a meeting go: a grid that wastes the least of a box, or
 * places of people's own in a window.
 *
 * @module
 */
import type { Position } from "../catalog/room.ts";

/** A box to fill, in CSS pixels. */
export interface Box {
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** Options of {@linkcode gridOf}. */
export interface GridOptions {
  /** Width of a picture by its height. Default 16 by 9. */
  readonly aspect?: number | undefined;
  /** Pixels between pictures. Default 8. */
  readonly gapPx?: number | undefined;
}

/** A grid of pictures of one size. */
export interface Grid {
  /** Pictures beside each other. */
  readonly columns: number;
  /** Pictures above each other. */
  readonly rows: number;
  /** Size of a picture in CSS pixels. */
  readonly tile: Box;
}

const WIDE = 16 / 9;
const GAP_PX = 8;
const NEARLY = 0.05;

/** The grid in which `count` pictures in `box` are largest; of two that are nearly as large the one that is more of a square. */
export function gridOf(
  count: number,
  box: Box,
  { aspect = WIDE, gapPx = GAP_PX }: GridOptions = {},
): Grid {
  let best: Grid = { columns: 1, rows: 1, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.max(1, Math.ceil(count / columns));
    const width = (box.width - gapPx * (columns - 1)) / columns;
    const height = (box.height - gapPx * (rows - 1)) / rows;
    const fitting = Math.max(0, Math.floor(Math.min(width, height * aspect)));
    const squarer = Math.abs(best.columns - best.rows) -
      Math.abs(columns - rows);
    const least = best.tile.width * (1 - NEARLY * Math.sign(squarer));
    if (fitting <= least) continue;
    const tile = { width: fitting, height: Math.floor(fitting / aspect) };
    best = { columns, rows, tile };
  }
  return best;
}

/** Where a picture is in a window, in CSS pixels. */
export interface Place extends Box {
  /** From the left. */
  readonly left: number;
  /** From the top. */
  readonly top: number;
  /** Higher is in front. */
  readonly z: number;
}

const SHARE_OF_WINDOW = 0.3;
const SMALLEST = 0.25;
const LARGEST = 3;

/** Where a person at `position` is seen; the whole picture stays in the window. hang catalog of 2025, section `location`. */
export function placeOf(
  { x = 0, y = 0, z = 0, s = 1 }: Position,
  box: Box,
  { aspect = WIDE }: Pick<GridOptions, "aspect"> = {},
): Place {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, s)) * SHARE_OF_WINDOW;
  const width = Math.floor(
    Math.min(box.width * scale, box.height * aspect, box.width),
  );
  const height = Math.floor(width / aspect);
  const left = Math.round((box.width - width) * (x + 1) / 2);
  const top = Math.round((box.height - height) * (y + 1) / 2);
  return { left, top, width, height, z: Math.round(z) };
}

/** Where one of `count` people is seen who did not say where: in a grid over the whole window. */
export function spreadOf(index: number, count: number, box: Box): Position {
  const { columns, rows, tile } = gridOf(count, box);
  const share = (at: number, of: number): number =>
    of < 2 ? 0 : 2 * at / (of - 1) - 1;
  return {
    x: share(index % columns, columns),
    y: share(Math.floor(index / columns), rows),
    s: tile.width / Math.max(1, box.width) / SHARE_OF_WINDOW,
  };
}

/** The position that {@linkcode placeOf} shows at these pixels. */
export function positionAt(
  { left, top }: Pick<Place, "left" | "top">,
  place: Place,
  box: Box,
): Pick<Position, "x" | "y"> {
  const within = (at: number, room: number): number =>
    room <= 0 ? 0 : Math.min(1, Math.max(-1, 2 * at / room - 1));
  return {
    x: within(left, box.width - place.width),
    y: within(top, box.height - place.height),
  };
}
