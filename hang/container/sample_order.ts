/**
 * Puts the samples of groups that arrive side by side into decode order, and
 * gives up on a group that would hold up the newer ones for too long. No
 * waiting here: that is its reader's.
 *
 * @module
 */
import type { Sample } from "./sample.ts";

// What a reader that does not keep up may hold; then it loses the oldest groups.
const MAX_GROUPS = 512;
const MAX_BYTES = 32 * 1024 * 1024;
// Of one group alone too: its bytes are bounded where it is received, its samples are not.
const MAX_SAMPLES = 65_536;
// What a sample takes beside its data, which may be empty.
const SAMPLE_BYTES = 256;
// Samples that were taken are let go of in runs of this length.
const TAKEN_RUN = 256;

/** A sample and the group it came in. */
export interface OrderedSample extends Sample {
  /** Whether decoding can begin here. */
  readonly isKeyframe: boolean;
  /** Sequence of its group. */
  readonly group: number;
}

/** A group whose samples are coming in. */
export interface OpenGroup {
  /** Its place. */
  readonly sequence: number;
  /** Aborts when the rest of it is not wanted. */
  readonly abandoned: AbortSignal;
}

/** Options of {@linkcode SampleOrder}. */
interface SampleOrderOptions {
  /** A missing or unfinished group is waited for while newer media is at most so far ahead of it. Read again each time. */
  readonly latencyMs: number;
  /** Decoding of video can begin at the first sample of a group, that of audio at every one. */
  readonly kind: "video" | "audio";
}

class PendingGroup implements OpenGroup {
  readonly sequence: number;
  readonly controller = new AbortController();
  readonly abandoned = this.controller.signal;
  /** How many samples came. */
  pushed = 0;
  hasEnded = false;
  oldestUs = Infinity;
  newestUs = -Infinity;
  #samples: OrderedSample[] = [];
  #taken = 0;

  constructor(sequence: number) {
    this.sequence = sequence;
  }

  /** How many samples wait. */
  get waiting(): number {
    return this.#samples.length - this.#taken;
  }

  push(sample: OrderedSample): void {
    this.#samples.push(sample);
    this.pushed++;
    this.oldestUs = Math.min(this.oldestUs, sample.timestampUs);
    this.newestUs = Math.max(this.newestUs, sample.timestampUs);
  }

  take(): OrderedSample | undefined {
    const sample = this.#samples[this.#taken];
    if (!sample) return undefined;
    this.#taken++;
    if (this.#taken >= TAKEN_RUN && this.waiting <= this.#taken) {
      this.#samples = this.#samples.slice(this.#taken);
      this.#taken = 0;
    }
    return sample;
  }

  /** What the samples that wait take. */
  get waitingBytes(): number {
    let bytes = 0;
    for (let at = this.#taken; at < this.#samples.length; at++) {
      bytes += bytesOf(this.#samples[at]!);
    }
    return bytes;
  }
}

function bytesOf({ data }: Sample): number {
  return data.byteLength + SAMPLE_BYTES;
}

/** Groups in, samples out, each group's in its own order and the groups by sequence. */
export class SampleOrder {
  readonly #options: SampleOrderOptions;
  readonly #groups: PendingGroup[] = [];
  #next: number | undefined;
  #reachedUs = 0;
  #bytes = 0;
  #waiting = 0;
  #skipped = 0;
  #isFinished = false;

  /** Empty; the first group that opens is where it begins. */
  constructor(options: SampleOrderOptions) {
    this.#options = options;
  }

  /** Groups given up, whole or in part. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Whether everything was delivered and nothing more can come. */
  get isDone(): boolean {
    return this.#isFinished && this.#groups.length === 0;
  }

  /** Begins a group, or nothing when the samples delivered are already beyond it. */
  open(sequence: number): OpenGroup | undefined {
    if (
      sequence < (this.#next ?? 0) ||
      this.#groups.some((one) => one.sequence === sequence)
    ) return undefined;
    const group = new PendingGroup(sequence);
    const at = this.#groups.findIndex((one) => one.sequence > sequence);
    this.#groups.splice(at < 0 ? this.#groups.length : at, 0, group);
    this.#keepBounds();
    return group.abandoned.aborted ? undefined : group;
  }

  /** The next sample of `group`. */
  push(group: OpenGroup, sample: Sample): void {
    const pending = this.#find(group);
    if (!pending) return;
    const isKeyframe = this.#options.kind === "audio" ||
      (sample.isKeyframe ?? pending.pushed === 0);
    pending.push({ ...sample, isKeyframe, group: pending.sequence });
    this.#bytes += bytesOf(sample);
    this.#waiting++;
    this.#keepBounds();
  }

  /** Nothing more will come of `group`, be it complete or cut. */
  end(group: OpenGroup): void {
    const pending = this.#find(group);
    if (pending) pending.hasEnded = true;
  }

  /** No group will begin any more: gaps are final. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The next sample in decode order, `undefined` while it has not come. */
  take(): OrderedSample | undefined {
    for (;;) {
      const head = this.#groups[0];
      if (!head || !this.#isReached(head)) return undefined;
      const sample = head.take();
      if (sample) {
        this.#next = head.sequence;
        this.#bytes -= bytesOf(sample);
        this.#waiting--;
        this.#reachedUs = Math.max(this.#reachedUs, sample.timestampUs);
        return sample;
      }
      const isStuck = !head.hasEnded && this.#groups.length > 1 &&
        this.#isLate(stepUs(head));
      if (!head.hasEnded && !isStuck) return undefined;
      this.#drop(head, { isSkipped: isStuck });
    }
  }

  /** Abandons all groups. */
  clear(): void {
    while (this.#groups[0]) this.#drop(this.#groups[0], { isSkipped: false });
  }

  #isReached(head: PendingGroup): boolean {
    if (this.#next === undefined || head.sequence === this.#next) return true;
    if (!this.#isFinished && !this.#isLate()) return false;
    this.#skipped += head.sequence - this.#next;
    this.#next = head.sequence;
    return true;
  }

  /** Whether what waits is too far ahead of what was taken, and of what comes `allowedUs` after that. */
  #isLate(allowedUs = 0): boolean {
    let oldestUs = Infinity;
    let newestUs = -Infinity;
    for (const group of this.#groups) {
      if (group.waiting === 0) continue;
      oldestUs = Math.min(oldestUs, group.oldestUs);
      newestUs = Math.max(newestUs, group.newestUs);
    }
    // A publisher that restarted may count from 0 again: then what waits is measured alone.
    const fromUs = this.#reachedUs <= newestUs ? this.#reachedUs : oldestUs;
    const latencyUs = this.#options.latencyMs * 1000;
    return newestUs - fromUs > latencyUs + allowedUs;
  }

  #find(group: OpenGroup): PendingGroup | undefined {
    return this.#groups.find((one) => one === group);
  }

  #keepBounds(): void {
    while (this.#isOver) this.#drop(this.#groups[0]!, { isSkipped: true });
  }

  get #isOver(): boolean {
    if (this.#waiting > MAX_SAMPLES) return true;
    const { length } = this.#groups;
    return length > 1 && (length > MAX_GROUPS || this.#bytes > MAX_BYTES);
  }

  #drop(
    group: PendingGroup,
    { isSkipped }: { readonly isSkipped: boolean },
  ): void {
    this.#groups.splice(this.#groups.indexOf(group), 1);
    this.#bytes -= group.waitingBytes;
    this.#waiting -= group.waiting;
    if (isSkipped) this.#skipped++;
    this.#next = group.sequence + 1;
    group.controller.abort();
  }
}

/** From one sample of `group` to the next: what follows the last one taken is not due before that. */
function stepUs({ pushed, newestUs, oldestUs }: PendingGroup): number {
  const steps = pushed - 1;
  return steps > 0 ? (newestUs - oldestUs) / steps : 0;
}
