/**
 * The demo as people run it, on ports of its own.
 *
 * @module
 */
import { Program, ROOT } from "./process.ts";

/** Starts the demo with its relay at `port` and its page 100 above. */
export function demo(port: number, ...args: readonly string[]): Program {
  const ports = [`--port=${port}`, `--web-port=${port + 100}`];
  const options = ["--no-open", ...ports, ...args];
  return new Program(
    [
      Deno.execPath(),
      "run",
      "--allow-all",
      "examples/demo/main.ts",
      ...options,
    ],
    { cwd: ROOT },
  );
}

/** The relay's URL and the page's, once the demo prints a line of `up`. */
export async function whenUp(
  program: Program,
  up: RegExp,
): Promise<{ readonly relay: string; readonly page: string }> {
  const [, page = ""] = await program.prints(/^page +(\S+)$/m);
  const [, host = ""] = await program.prints(/^relay +moqt:\/\/(\S+?)\/ /m);
  await program.prints(up);
  return { relay: `http://${host}/`, page };
}
