import assert from "node:assert/strict";
import { GroupLog } from "../record/group_log.ts";
import { FolderStore, type SyncMode } from "./folder_store.ts";

const info = { priority: 1, maxAgeMs: 1000, timescale: 1000 };

/** What happens to the files while `run` does its work: `w` for a write, `s` for a sync that is waited for. */
function tracing(run: () => void): string {
  const { prototype } = Deno.FsFile;
  const { writeSync, syncDataSync } = prototype;
  let trace = "";
  prototype.writeSync = function (bytes) {
    trace += "w";
    return writeSync.call(this, bytes);
  };
  prototype.syncDataSync = function () {
    trace += "s";
    syncDataSync.call(this);
  };
  try {
    run();
  } finally {
    Object.assign(prototype, { writeSync, syncDataSync });
  }
  return trace;
}

/** Two groups appended, then the files closed. */
function append(folder: string, sync: SyncMode): string {
  const store = new FolderStore(folder, "write", sync);
  const log = GroupLog.open(store, { id: 0, info, access: "write" });
  return tracing(() => {
    for (const sequence of [0, 1]) {
      log.append(Uint8Array.of(1), { sequence, arrivalMs: 1000 });
    }
    log.close();
    store.close();
  });
}

Deno.test("FolderStore: a group is on disk before its entry is written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.equal(append(`${folder}/group`, "group"), "wswswsws");
    assert.equal(append(`${folder}/second`, "second"), "wwwwss");
    assert.equal(append(`${folder}/never`, "never"), "wwww");
    const store = new FolderStore(`${folder}/second`, "write", "second");
    const replaced = tracing(() => store.replace("a", Uint8Array.of(1)));
    assert.equal(replaced, "ws");
    store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("FolderStore: a locked folder cannot be locked again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [one, other] = [0, 1].map(() => new FolderStore(folder, "write"));
    one!.lock();
    // An empty folder stays one that can be recorded into.
    assert.deepEqual(one!.files(), []);
    assert.throws(() => other!.lock(), Deno.errors.Busy);
    one!.close();
    other!.lock();
    other!.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
