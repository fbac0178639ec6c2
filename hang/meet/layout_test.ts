import assert from "node:assert/strict";
import fc from "fast-check";
import { gridOf, placeOf, positionAt, spreadOf } from "./layout.ts";

const DESKTOP = { width: 1200, height: 675 };
const PHONE = { width: 360, height: 640 };

Deno.test("gridOf: the columns that make the pictures largest", () => {
  const shapes = (box: typeof DESKTOP) =>
    [1, 2, 3, 4, 5, 6, 9, 12, 16, 25].map((count) => {
      const { columns, rows } = gridOf(count, box);
      return `${columns}x${rows}`;
    });
  assert.deepEqual(shapes(DESKTOP), [
    ...["1x1", "2x1", "2x2", "2x2", "3x2", "3x2", "3x3", "4x3", "4x4", "5x5"],
  ]);
  assert.deepEqual(shapes(PHONE), [
    ...["1x1", "1x2", "1x3", "1x4", "1x5", "2x3", "2x5", "2x6", "2x8", "3x9"],
  ]);
});

Deno.test("gridOf: all fit the box, and no other grid is much larger", () => {
  const size = fc.integer({ min: 50, max: 4000 });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 25 }),
    fc.record({ width: size, height: size }),
    (count, box) => {
      const { columns, rows, tile } = gridOf(count, box, { gapPx: 8 });
      assert.ok(columns * rows >= count);
      assert.ok(columns * tile.width + 8 * (columns - 1) <= box.width);
      assert.ok(rows * tile.height + 8 * (rows - 1) <= box.height);
      for (let other = 1; other <= count; other++) {
        const down = Math.ceil(count / other);
        const width = Math.min(
          (box.width - 8 * (other - 1)) / other,
          (box.height - 8 * (down - 1)) / down * 16 / 9,
        );
        assert.ok(
          Math.floor(width) <= tile.width * 1.12 + 1,
          `${other} columns`,
        );
      }
    },
  ));
});

Deno.test("gridOf: takes no people and no room", () => {
  assert.deepEqual(gridOf(0, DESKTOP).columns, 1);
  assert.deepEqual(gridOf(4, { width: 0, height: 0 }).tile.width, 0);
});

Deno.test("placeOf: stays in the window, and positionAt reverses it", () => {
  const part = fc.double({ min: -1, max: 1, noNaN: true });
  const position = fc.record({
    x: part,
    y: part,
    z: fc.integer({ min: -9, max: 9 }),
    s: fc.double({ min: -5, max: 100, noNaN: true }),
  });
  fc.assert(fc.property(position, (position) => {
    const place = placeOf(position, DESKTOP);
    assert.ok(place.left >= 0 && place.top >= 0);
    assert.ok(place.left + place.width <= DESKTOP.width);
    assert.ok(place.top + place.height <= DESKTOP.height);
    const { x, y } = positionAt(place, place, DESKTOP);
    if (place.width < DESKTOP.width) {
      assert.ok(Math.abs(x! - position.x) < 0.1);
    }
    if (place.height < DESKTOP.height) {
      assert.ok(Math.abs(y! - position.y) < 0.1);
    }
  }));
});

Deno.test("spreadOf: no one covers anyone", () => {
  for (let count = 1; count <= 25; count++) {
    const places = Array.from(
      { length: count },
      (_, index) => placeOf(spreadOf(index, count, DESKTOP), DESKTOP),
    );
    for (const [index, one] of places.entries()) {
      for (const other of places.slice(index + 1)) {
        const isApart = one.left + one.width <= other.left + 1 ||
          other.left + other.width <= one.left + 1 ||
          one.top + one.height <= other.top + 1 ||
          other.top + other.height <= one.top + 1;
        assert.ok(isApart, `${count} people, ${index}`);
      }
    }
  }
});
