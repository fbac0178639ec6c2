import { protocolOf } from "@moq-deno/lite";
import { passGroup } from "./pass.ts";
import { DENO_RUN, ROOT } from "./process.ts";
import { RelayProcess, type Way } from "./relay_process.ts";

const WAYS: readonly Way[] = ["quic", "webtransport", "websocket"];
const DRAFTS = ["06", "05", "04", "03"] as const;

Deno.test("the relay speaks every named draft over every transport", async (t) => {
  await using relay = await RelayProcess.start(
    [...DENO_RUN, "relay/main.ts"],
    { cwd: ROOT },
  );
  for (const way of WAYS) {
    for (const draft of DRAFTS) {
      await t.step(`${way}, draft ${draft}`, async () => {
        const options = { way, protocols: [protocolOf(draft)] };
        await using publisher = await relay.connect(options);
        await using subscriber = await relay.connect(options);
        await passGroup(publisher, subscriber);
      });
    }
  }
  await t.step("from QUIC and draft 06 to WebSocket and draft 03", async () => {
    await using publisher = await relay.connect({ protocols: ["moq-lite-06"] });
    await using subscriber = await relay.connect({
      way: "websocket",
      protocols: ["moq-lite-03"],
    });
    await passGroup(publisher, subscriber);
  });
});
