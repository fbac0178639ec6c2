/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The name that a window publishes under: the same after a reload, another one
 * in another window, the copy of a window included.
 *
 * @module
 */

const PEOPLE = ["heron", "lynx", "otter", "robin", "tern", "wren"];
// The window that was here before the reload lets go of its name at once, but not before this one begins.
const PATIENCE_MS = 1000;

/** A random name, unlikely to be taken. */
export function someName(): string {
  const person = PEOPLE[Math.floor(Math.random() * PEOPLE.length)]!;
  return `${person}-${Math.floor(Math.random() * 1000)}`;
}

/** The name of this window for `purpose`, made up the first time. */
export async function ownName(purpose: string): Promise<string> {
  const key = `${purpose}-name`;
  const before = sessionStorage.getItem(key);
  const name = before !== null && await isOurs(`${key} ${before}`)
    ? before
    : someName();
  await keepName(purpose, name);
  return name;
}

/** From now on this window's name for `purpose` is `name`. */
export async function keepName(purpose: string, name: string): Promise<void> {
  sessionStorage.setItem(`${purpose}-name`, name);
  await isOurs(`${purpose}-name ${name}`);
}

const held: Set<string> = new Set();

/** Whether no other window has the lock, which is then held for as long as this one lives. */
async function isOurs(lock: string): Promise<boolean> {
  if (held.has(lock) || !("locks" in navigator)) return true;
  const got = Promise.withResolvers<boolean>();
  navigator.locks.request(
    lock,
    { signal: AbortSignal.timeout(PATIENCE_MS) },
    () => {
      held.add(lock);
      got.resolve(true);
      return new Promise(() => {}); // for as long as the window lives
    },
  ).catch(() => got.resolve(false)); // It took too long: another window has it.
  return await got.promise;
}
