/**
 * Rules for every container, run once for each.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Container } from "@moq-deno/hang";
import { MoqError } from "@moq-deno/lite";

const LARGEST_US = 2 ** 40; // two weeks

/** Registers the suite for the container of `open`, under `name`. */
export function containerSuite(name: string, open: () => Container): void {
  Deno.test(`${name}: a sample survives encoding and decoding`, () => {
    const container = open();
    fc.assert(
      fc.property(
        fc.nat({ max: LARGEST_US }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (timestampUs, data) => {
          const samples = container.decode(
            container.encode({ timestampUs, data, isKeyframe: false }),
          );
          assert.equal(samples.length, 1);
          assert.equal(samples[0]!.timestampUs, timestampUs);
          assert.deepEqual(Uint8Array.from(samples[0]!.data), data);
        },
      ),
      { examples: [[0, Uint8Array.of(0)], [LARGEST_US, Uint8Array.of(255)]] },
    );
  });

  Deno.test(`${name}: a truncated payload throws`, () => {
    const container = open();
    const data = Uint8Array.of(1, 2, 3);
    const payload = container.encode({ timestampUs: 123_456_789, data });
    for (let end = 0; end < payload.byteLength - data.byteLength; end++) {
      assert.throws(
        () => container.decode(payload.subarray(0, end)),
        (error) => error instanceof MoqError && error.code === "decode",
        `cut to ${end} bytes`,
      );
    }
  });

  Deno.test(`${name}: random bytes throw MoqError or give samples within them`, () => {
    const container = open();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (payload) => {
        try {
          for (const sample of container.decode(payload)) {
            assert.equal(sample.data.buffer, payload.buffer);
            assert.ok(Number.isSafeInteger(sample.timestampUs));
          }
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`${name}: damage anywhere throws MoqError or gives samples`, () => {
    const container = open();
    const payload = container.encode({
      timestampUs: 40_000,
      data: new Uint8Array(64).fill(7),
    });
    fc.assert(
      fc.property(
        fc.nat({ max: payload.byteLength - 1 }),
        fc.nat({ max: 255 }),
        (at, value) => {
          const damaged = payload.slice();
          damaged[at] = value;
          try {
            container.decode(damaged);
          } catch (error) {
            assert.ok(error instanceof MoqError, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
}
