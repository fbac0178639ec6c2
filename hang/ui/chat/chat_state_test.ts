import assert from "node:assert/strict";
import { hangChatStateOf, hueOf, typingText } from "./chat_state.ts";

Deno.test("hangChatStateOf: incomplete, connecting, and without a relay", () => {
  const gone = { state: "connecting", attempt: 3 } as const;
  const first = { state: "connecting", attempt: 1 } as const;
  const kinds = [undefined, first, gone].map((connection) =>
    hangChatStateOf(connection, true).kind
  );
  assert.deepEqual(kinds, ["incomplete", "connecting", "relay-gone"]);
  const waiting = { state: "waiting", retryMs: 1, error: undefined } as const;
  const { text } = hangChatStateOf(waiting, true);
  assert.match(text, /sent when it is back/);
});

Deno.test("typingText: names up to two and counts more", () => {
  assert.deepEqual(
    [[], ["Ada"], ["Ada", "Bob"], ["Ada", "Bob", "Cy"]].map(typingText),
    [
      "",
      "Ada is typing",
      "Ada and Bob are typing",
      "3 people are typing",
    ],
  );
});

Deno.test("hueOf: the same for the same path, and not the same for all", () => {
  const hues = Array.from({ length: 50 }, (_, at) => hueOf(`person-${at}`));
  assert.deepEqual(hues[7], hueOf("person-7"));
  assert.ok(new Set(hues).size > 30);
  assert.ok(hues.every((hue) => hue >= 0 && hue < 360));
});
