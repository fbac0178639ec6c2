/**
 * How a player is doing, in one word and in one sentence.
 *
 * @module
 */
import type { ConnectionStatus, MoqError } from "@moq-deno/lite";
import { downStateOf } from "../connection/connection_state.ts";

/** How a player is doing. */
export interface PlayerState {
  /** For programs. */
  readonly kind:
    | "incomplete"
    | "connecting"
    | "relay-gone"
    | "refused"
    | "offline"
    | "ended"
    | "loading"
    | "playing"
    | "buffering"
    | "paused"
    | "unsupported"
    | "failed";
  /** For people: one sentence without a full stop. */
  readonly text: string;
  /** Whether it stays so until the page or the user does something. */
  readonly isFinal: boolean;
  /** The error behind it, if there is one. */
  readonly cause?: MoqError | undefined;
}

/** What is known of a player. */
export interface PlayerFacts {
  /** Whether the browser treats the page as secure; it has no decoders otherwise. */
  readonly isSecure: boolean;
  /** Whether there are decoders at all. */
  readonly hasDecoders: boolean;
  /** The connection. */
  readonly connection: ConnectionStatus;
  /** Path of the broadcast. */
  readonly name: string;
  /** Whether the broadcast is there. */
  readonly isAnnounced: boolean;
  /** Whether it was there, and ended while the relay was there. */
  readonly hasEnded: boolean;
  /** Whether it may still be on its way, as the connection is new. */
  readonly isExpected: boolean;
  /** Whether its catalog has come. */
  readonly hasCatalog: boolean;
  /** Whether anything in it can be played. */
  readonly hasChoice: boolean;
  /** What its renditions are encoded with. */
  readonly codecs: readonly string[];
  /** Whether a picture is shown, if there is to be one. */
  readonly hasPicture: boolean;
  /** Whether the picture stands still. */
  readonly isStill: boolean;
  /** Whether the user has paused it. */
  readonly isPaused: boolean;
  /** Why it was given up. */
  readonly failure: MoqError | undefined;
}

type Said = Pick<PlayerState, "kind" | "text">;

const FINAL: readonly PlayerState["kind"][] = [
  "incomplete",
  "refused",
  "unsupported",
  "failed",
];

/** The state that the facts make. */
export function stateOf(facts: PlayerFacts): PlayerState {
  const said = saidOf(facts);
  const isFinal = FINAL.includes(said.kind);
  return { ...said, isFinal, cause: causeOf(facts, said) };
}

/** Why there is nothing to play yet: the attributes of an element are not enough. */
export function incompleteState(text: string): PlayerState {
  return { kind: "incomplete", text, isFinal: true };
}

function saidOf(facts: PlayerFacts): Said {
  const { connection, failure } = facts;
  // Everything else that fails then fails because of this.
  if (!facts.isSecure) return unsupported(INSECURE);
  if (!facts.hasDecoders) return unsupported("This browser has no WebCodecs");
  if (!failure) return downStateOf(connection) ?? connectedState(facts);
  const text = `Cannot decode this media: ${failure.message}`;
  return { kind: "failed", text };
}

function causeOf(
  { connection, failure }: PlayerFacts,
  { kind }: Said,
): MoqError | undefined {
  if (kind === "failed") return failure;
  if (kind !== "relay-gone" && kind !== "refused") return undefined;
  return "error" in connection ? connection.error : undefined;
}

const INSECURE = "This page is not secure: open it over HTTPS, or at localhost";

function unsupported(text: string): Said {
  return { kind: "unsupported", text };
}

function connectedState(facts: PlayerFacts): Said {
  if (!facts.isAnnounced) return absentState(facts);
  if (facts.isPaused) return { kind: "paused", text: "Paused" };
  if (!facts.hasCatalog) return { kind: "loading", text: "Loading…" };
  if (!facts.hasChoice) return unsupported(codecText(facts.codecs));
  if (!facts.hasPicture) {
    return { kind: "loading", text: "Loading the first picture…" };
  }
  return facts.isStill
    ? { kind: "buffering", text: "Buffering…" }
    : { kind: "playing", text: "Live" };
}

function absentState(
  { isExpected, hasEnded, name }: PlayerFacts,
): Said {
  if (hasEnded) return { kind: "ended", text: "The broadcast has ended" };
  if (isExpected) return { kind: "loading", text: "Loading…" };
  const text = `Offline: nothing is published as "${name}" yet`;
  return { kind: "offline", text };
}

function codecText(codecs: readonly string[]): string {
  const named = codecs.map((codec) => {
    const [, name] = CODECS.find(([start]) => codec.startsWith(start)) ?? [];
    return name === undefined ? codec : `${name} (${codec})`;
  });
  return named.length > 0
    ? `This browser has no decoder for ${named.join(", ")}`
    : "This broadcast has no picture or sound";
}

const CODECS: readonly (readonly [start: string, name: string])[] = [
  ["avc", "H.264"],
  ["hev1", "HEVC"],
  ["hvc1", "HEVC"],
  ["av01", "AV1"],
  ["vp09", "VP9"],
  ["mp4a", "AAC"],
];
