import assert from "node:assert/strict";
import { captureProblem, problemOf } from "./capture_problem.ts";

Deno.test("captureProblem: what browsers throw, in words that say what to do", () => {
  const of = (name: string) =>
    captureProblem("camera", new DOMException("x", name));
  assert.equal(of("NotAllowedError").kind, "denied");
  assert.match(of("NotAllowedError").text, /allow it/);
  assert.equal(of("NotFoundError").kind, "missing");
  assert.equal(of("NotReadableError").kind, "busy");
  assert.equal(of("OperationError").text, "The camera failed: x");
  assert.equal(
    captureProblem("file", "odd").text,
    "The file failed: odd",
  );
  const screen = captureProblem(
    "screen",
    new DOMException("", "NotAllowedError"),
  );
  assert.match(screen.text, /pick a screen/);
  assert.match(
    problemOf("microphone", "lost").text,
    /microphone was disconnected/,
  );
});
