/**
 * A value that merge patches change in place, RFC 7396, and that can be handed
 * to readers in between.
 *
 * **Ownership.** A value that was handed out never changes: the first patch
 * after that copies the objects that it touches, one level each, and later
 * patches change the copies. Successive values share their unpatched parts, so a
 * reader must not change them.
 *
 * @module
 */
import { isJsonObject } from "./merge_patch.ts";

type MutableObject = Record<string, unknown>;

/** Owns its value. */
export class PatchedValue {
  #value: unknown;
  // Objects that were not handed out; absent if none were.
  #owned: WeakSet<object> | undefined;
  #steps = 0;

  /** Takes ownership of `value`. */
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The value, which the caller must not keep. */
  get value(): unknown {
    return this.#value;
  }

  /** The value now, which will not change. */
  handOut(): unknown {
    this.#owned = new WeakSet();
    return this.#value;
  }

  /** Applies `patch` and takes ownership of it; returns how many fields were visited or copied. */
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

/** Sets a field of a JSON object, where `__proto__` is an ordinary name. */
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
