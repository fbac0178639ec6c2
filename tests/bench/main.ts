// deno-lint-ignore-file no-console
/**
 * The benchmark: `deno task bench`. The relay and a bare fan-out take turns, so that
 * other load on the machine affects both; trust the ratios. Linux only, since it
 * reads resources from `/proc`.
 *
 * @module
 */
import { HELP, type Load, readArguments } from "./arguments.ts";
import { Bench, type Result, type ServerName } from "./measurement.ts";
import { type Round, table } from "./table.ts";

const ENOUGH_DELIVERED = 0.97;

async function run(load: Load): Promise<Round[]> {
  console.error(`starting both servers with ${load.viewers} viewers each`);
  await using ours = await Bench.start("relay", load);
  await using theirs = await Bench.start("bare", load);
  console.error("warming up");
  await ours.turn();
  await theirs.turn();
  const rounds: Round[] = [];
  for (let round = 1; round <= load.rounds; round++) {
    console.error(`round ${round} of ${load.rounds}`);
    const relay = await ours.turn();
    report("relay", relay);
    const bare = await theirs.turn();
    report("bare", bare);
    rounds.push({ relay, bare });
  }
  return rounds;
}

function report(name: ServerName, result: Result): void {
  const { frameMicros, delivered, p50Ms, p99Ms } = result;
  const cpu = `${frameMicros.toFixed(1)} µs per frame`;
  const latency = `latency ${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`;
  const share = `${(delivered * 100).toFixed(1)} % delivered`;
  console.error(`  ${name.padEnd(5)}  ${cpu}, ${latency}, ${share}`);
}

/** A server that lacks CPU sends late and in larger pieces, which is cheaper, so such a round is not comparable. */
function warn(rounds: readonly Round[]): void {
  const starved = rounds.filter(({ relay, bare }) =>
    Math.min(relay.delivered, bare.delivered) < ENOUGH_DELIVERED
  );
  if (starved.length === 0) return;
  console.error(
    `Too few frames arrived in ${starved.length} of ${rounds.length} rounds: run it again on an idle machine, or with less load`,
  );
}

const load = readArguments(Deno.args);
if (load) {
  const rounds = await run(load);
  console.log(table(rounds, load));
  warn(rounds);
} else console.log(HELP);
