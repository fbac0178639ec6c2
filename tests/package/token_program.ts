/**
 * A script with `@moq-deno/relay/token` that exercises every algorithm, for runtimes
 * other than Deno.
 *
 * @module
 */
import { bundle } from "../interop/npm/bundle.ts";
import { ROOT } from "./process.ts";

/** Sets `globalThis.worked` to a promise of the algorithms that work. */
const WORK = `
import * as token from ${JSON.stringify(new URL("relay/token/mod.ts", ROOT))};

async function works(algorithm) {
  const key = await token.generateKey(algorithm, { id: "k1" });
  const shown = algorithm.startsWith("HS") ? key : key.publicKey();
  const verifier = token.parseKeySet(shown.toText());
  const grants = { root: "room", publish: ["alice/**"], subscribe: ["*/chat"] };
  const text = await key.sign({ ...grants, expires: 4102444800 });
  const claims = await verifier.verify(text);
  const { publish } = token.authorize(claims, "room/alice");
  const [header, payload] = (await key.sign({ publish: ["**"] })).split(".");
  const forged = [header, payload, text.split(".")[2]].join(".");
  const refusal = await verifier.verify(forged)
    .then(() => "none", (error) => error.code);
  return publish.join() === "**" && refusal === "signature";
}

globalThis.worked = (async () => {
  const names = [];
  for (const algorithm of token.ALGORITHMS) {
    if (await works(algorithm)) names.push(algorithm);
  }
  return names.join(" ");
})();
`;

/** The script with all dependencies included. */
export function tokenProgram(): Promise<string> {
  return bundle(WORK);
}
