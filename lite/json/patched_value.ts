/**
 * A value that merge patches change in place, RFC 7396, and that is handed to
 * readers in between.
 *
 * **Ownership.** What was handed out never changes again: the first patch after
 * that copies the objects that it touches, one level each, and later patches
 * change the copies. Values that were handed out one after the other share what
 * was not patched, so a reader must not change them.
 *
 * @module
 */
import { isJsonObject } from "./merge_patch.ts";

type MutableObject = Record<string, unknown>;

/** Owns the value that it was made with. */
export class PatchedValue {
  #value: unknown;
  // Objects that no reader has seen; absent while that is all of them.
  #owned: WeakSet<object> | undefined;
  #steps = 0;

  /** Over `value`, which the caller gives away. */
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The value while it stays with the caller, who must not keep it. */
  get value(): unknown {
    return this.#value;
  }

  /** The value now; it does not change any more. */
  handOut(): unknown {
    this.#owned = new WeakSet();
    return this.#value;
  }

  /** Applies `patch`, which the caller gives away; returns how many fields were visited or copied. */
  apply(patch: unknown): number {
    this.#steps = 1;
    this.#value = this.#merged(this.#value, patch);
    return this.#steps;
  }

  #merged(target: unknown, patch: unknown): unknown {
    if (!isJsonObject(patch)) return patch;
    const into = this.#writable(target);
    for (const [name, value] of Object.entries(patch)) {
      this.#steps++;
      if (value === null) delete into[name];
      else {
        const before = Object.hasOwn(into, name) ? into[name] : undefined;
        setField(into, name, this.#merged(before, value));
      }
    }
    return into;
  }

  #writable(target: unknown): MutableObject {
    if (!isJsonObject(target)) return this.#fresh({});
    if (!this.#owned || this.#owned.has(target)) return target;
    const copy = this.#fresh({ ...target });
    this.#steps += Object.keys(copy).length;
    return copy;
  }

  #fresh(object: MutableObject): MutableObject {
    this.#owned?.add(object);
    return object;
  }
}

/** Sets a field of JSON, for which `__proto__` is a name like any other. */
function setField(object: MutableObject, name: string, value: unknown): void {
  if (name !== "__proto__") {
    object[name] = value;
    return;
  }
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
