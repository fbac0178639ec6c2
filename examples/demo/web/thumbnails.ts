/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Small pictures of broadcasts. A muted player takes each and goes again: two
 * at once at most, only for what is on screen, and again after a while.
 *
 * @module
 */
import { effect } from "@moq-deno/hang/signals";
import { Player, shareConnection } from "@moq-deno/hang/watch";

const AT_ONCE = 2;
const LOOK_MS = 250;
const REFRESH_MS = 15_000;
const PATIENCE_MS = 5_000;

interface Tile {
  readonly path: string;
  readonly canvas: HTMLCanvasElement;
  isOnScreen: boolean;
  /** When its next picture is due, on the clock of `performance.now()`. */
  dueMs: number;
}

/** Keeps the pictures of canvases up to date; a canvas that has one gets the attribute `data-picture`. */
export class Thumbnails {
  readonly #relay: string;
  readonly #tiles: Map<HTMLCanvasElement, Tile> = new Map();
  readonly #screen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!(target instanceof HTMLCanvasElement)) continue;
      const tile = this.#tiles.get(target);
      if (tile) tile.isOnScreen = isIntersecting;
    }
  });
  #taking = 0;

  /** Works for as long as the page lives. */
  constructor(relay: string) {
    this.#relay = relay;
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** Shows the broadcast at `path` on `canvas` from now on. */
  add(canvas: HTMLCanvasElement, path: string): void {
    this.#tiles.set(canvas, { path, canvas, isOnScreen: false, dueMs: 0 });
    this.#screen.observe(canvas);
  }

  /** Takes no more pictures for `canvas`. */
  remove(canvas: HTMLCanvasElement): void {
    this.#screen.unobserve(canvas);
    this.#tiles.delete(canvas);
  }

  #look(): void {
    // Nothing is drawn in a hidden page.
    if (document.hidden) return;
    const nowMs = performance.now();
    const due = [...this.#tiles.values()]
      .filter(({ isOnScreen, dueMs }) => isOnScreen && dueMs <= nowMs)
      .sort((a, b) => a.dueMs - b.dueMs);
    for (const tile of due.slice(0, AT_ONCE - this.#taking)) {
      tile.dueMs = nowMs + REFRESH_MS;
      void this.#take(tile); // never rejects
    }
  }

  async #take({ path, canvas }: Tile): Promise<void> {
    this.#taking++;
    const picture = document.createElement("canvas");
    const player = new Player({
      shared: shareConnection(this.#relay),
      name: path,
      canvas: picture,
    });
    player.muted.set(true);
    player.size.set({ width: canvas.width, height: canvas.height });
    try {
      if (await hasPicture(player)) draw(picture, canvas);
    } finally {
      player.close();
      this.#taking--;
    }
  }
}

/** Whether `player` comes to a picture in time. */
async function hasPicture(player: Player): Promise<boolean> {
  const end = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => end.resolve(false), PATIENCE_MS);
  const stop = effect(() => {
    const { kind } = player.state();
    if (kind === "playing") end.resolve(player.renditions().length > 0);
    if (kind === "unsupported" || kind === "failed") end.resolve(false);
  });
  const has = await end.promise;
  clearTimeout(timer);
  stop();
  return has;
}

/** Fills `canvas` with `picture`, whose edges may be cut. */
function draw(picture: HTMLCanvasElement, canvas: HTMLCanvasElement): void {
  const { width, height } = picture;
  if (width === 0 || height === 0) return;
  const scale = Math.max(canvas.width / width, canvas.height / height);
  const [across, down] = [width * scale, height * scale];
  canvas.getContext("2d")?.drawImage(
    picture,
    ...[(canvas.width - across) / 2, (canvas.height - down) / 2] as const,
    ...[across, down] as const,
  );
  canvas.dataset["picture"] = "true";
}
