// deno-lint-ignore-file no-console
/**
 * The benchmark: `deno task bench`. The relay and a bare fan-out take turns, so
 * that whatever else the machine does falls on both; trust the ratios.
 *
 * @module
 */
import { HELP, readArguments } from "./arguments.ts";
import { measure, type Result, type ServerName } from "./measurement.ts";
import { type Round, table } from "./table.ts";

const load = readArguments(Deno.args);
if (!load) {
  console.log(HELP);
  Deno.exit(0);
}

async function run(name: ServerName, round: number): Promise<Result> {
  const result = await measure(name, load!);
  const { frameMicros, delivered, p50Ms, p99Ms } = result;
  console.error(
    `round ${round} of ${load!.rounds}, ${name}: ${
      frameMicros.toFixed(1)
    } µs per frame, latency ${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms, ${
      (delivered * 100).toFixed(1)
    } % delivered`,
  );
  return result;
}

const rounds: Round[] = [];
for (let round = 1; round <= load.rounds; round++) {
  const relay = await run("relay", round);
  const bare = await run("bare", round);
  rounds.push({ relay, bare });
}
console.log(table(rounds, load));
