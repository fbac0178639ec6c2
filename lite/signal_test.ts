import assert from "node:assert/strict";
import { abortable, aborted, linked, onAbort } from "./signal.ts";

Deno.test("onAbort: runs once, at once where the signal has aborted", () => {
  const controller = new AbortController();
  let runs = 0;
  onAbort(controller.signal, () => runs++);
  controller.abort();
  controller.abort();
  assert.equal(runs, 1);
  onAbort(controller.signal, () => runs++);
  assert.equal(runs, 2);
});

Deno.test("onAbort: does not run after it was undone", () => {
  const controller = new AbortController();
  const undo = onAbort(controller.signal, () => assert.fail());
  undo();
  undo();
  controller.abort();
});

Deno.test("onAbort: without a signal nothing runs", () => {
  onAbort(undefined, () => assert.fail())();
});

Deno.test("aborted: resolves when the signal aborts", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal);
  controller.abort();
  await waiting;
  await aborted(controller.signal);
});

Deno.test("abortable: gives what the work gives, failing included", async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve(1), signal), 1);
  assert.equal(await abortable(Promise.resolve(2), undefined), 2);
  const failing = Promise.reject(new RangeError("no"));
  await assert.rejects(abortable(failing, signal), RangeError);
});

Deno.test("abortable: throws the reason, and drops a later failure", async () => {
  const { signal, ...controller } = linked();
  const work = Promise.withResolvers<void>();
  const waiting = abortable(work.promise, signal);
  controller.abort(new RangeError("enough"));
  await assert.rejects(waiting, RangeError);
  work.reject(new Error("too late to matter"));
  await assert.rejects(abortable(work.promise, signal), RangeError);
});

Deno.test("linked: aborts by itself or with any other, with its reason", () => {
  for (const which of [0, 1]) {
    const others = [new AbortController(), new AbortController()];
    const { signal } = linked(others[0]!.signal, undefined, others[1]!.signal);
    others[which]!.abort(which);
    assert.equal(signal.reason, which);
  }
  const alone = linked();
  alone.abort("own");
  assert.equal(alone.signal.reason, "own");
  assert.ok(linked(AbortSignal.abort("before")).signal.aborted);
});

Deno.test("linked: a released controller no longer follows", () => {
  const other = new AbortController();
  const { signal, release } = linked(other.signal);
  release();
  other.abort();
  assert.ok(!signal.aborted);
});
