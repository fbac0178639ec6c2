/**
 * Whether the network tests can run here, said once and aloud: a skip must not
 * look like a pass.
 *
 * @module
 */
import { whyNot } from "./link.ts";

const reason = await whyNot();

/** A test that needs network namespaces. Where there can be none it is skipped and says why; in CI as root it fails. */
export function netTest(name: string, fn: () => Promise<void>): void {
  if (reason === undefined) return Deno.test(name, fn);
  const mustRun = Deno.env.get("CI") === "true" && Deno.uid() === 0;
  if (mustRun) {
    return Deno.test(name, () => {
      throw new Error(`Expected network namespaces in CI: ${reason}`);
    });
  }
  Deno.test.ignore(`${name} (skipped: ${reason})`, fn);
}
