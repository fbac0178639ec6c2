import assert from "node:assert/strict";
import { Link } from "./link.ts";
import { netTest } from "./possible.ts";
import { runCommand } from "../../integration/process/child.ts";

netTest(
  "Link: has the rate, the delay and the loss that it was asked for, and leaves nothing behind",
  async () => {
    {
      // Measures itself before it is there.
      await using _link = await Link.open({
        rateBps: 2_000_000,
        delayMs: 100,
        loss: 0.05,
      });
    }
    const left = await new Deno.Command("ip", { args: ["netns", "list"] })
      .output();
    const names = new TextDecoder().decode(left.stdout);
    assert.ok(!names.includes(`moqnet${Deno.pid}`), names);
  },
);

netTest("runCommand: what a command said is in its failure", async () => {
  await assert.rejects(
    runCommand(["ip", "link", "show", "nosuch"]),
    /does not exist/,
  );
});
