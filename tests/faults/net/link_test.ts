import assert from "node:assert/strict";
import { Link } from "./link.ts";
import { netTest } from "./possible.ts";
import { runCommand } from "../../integration/process/child.ts";

netTest(
  "Link: has the requested rate, delay and loss",
  async () => {
    {
      // It measures itself before it opens.
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

netTest("runCommand: an error contains the command's output", async () => {
  await assert.rejects(
    runCommand(["ip", "link", "show", "nosuch"]),
    /does not exist/,
  );
});
