/**
 * Checks whether the network tests can run here, and prints the reason if not: a
 * skipped test must not look like a passed one.
 *
 * @module
 */
import { whyNot } from "./link.ts";

const reason = await whyNot();

/** A test that needs network namespaces. Without them it is skipped with a message; in CI as root it fails. */
export function netTest(name: string, fn: () => Promise<void>): void {
  if (reason === undefined) return Deno.test(name, fn);
  const mustRun = Deno.env.get("CI") === "true" && Deno.uid() === 0;
  if (mustRun) {
    return Deno.test(name, () => {
      throw new Error(`CI must have network namespaces: ${reason}`);
    });
  }
  Deno.test.ignore(`${name} (skipped: ${reason})`, fn);
}
