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
    | "connecting"
    | "relay-gone"
    | "refused"
    | "offline"
    | "loading"
    | "playing"
    | "buffering"
    | "paused"
    | "unsupported"
    | "failed";
  /** For people: one sentence without a full stop. */
  readonly text: string;
}

/** What is known of a player. */
interface PlayerFacts {
  /** The connection. */
  readonly connection: ConnectionStatus;
  /** Whether the broadcast is there. */
  readonly isAnnounced: boolean;
  /** Whether its catalog has come. */
  readonly hasCatalog: boolean;
  /** Whether anything in it can be played. */
  readonly hasChoice: boolean;
  /** Whether a picture is shown, if there is to be one. */
  readonly hasPicture: boolean;
  /** Whether the picture stands still. */
  readonly isStill: boolean;
  /** Whether the user has paused it. */
  readonly isPaused: boolean;
  /** Why it was given up. */
  readonly failure: MoqError | undefined;
}

/** The state that the facts make. */
export function stateOf(facts: PlayerFacts): PlayerState {
  const { connection, failure } = facts;
  if (!failure) return downStateOf(connection) ?? connectedState(facts);
  const text = `Cannot decode this media: ${failure.message}`;
  return { kind: "failed", text };
}

function connectedState(facts: PlayerFacts): PlayerState {
  if (!facts.isAnnounced) {
    return { kind: "offline", text: "Offline, waiting for the stream" };
  }
  if (facts.isPaused) return { kind: "paused", text: "Paused" };
  if (!facts.hasCatalog) return { kind: "loading", text: "Loading…" };
  if (!facts.hasChoice) {
    return { kind: "unsupported", text: unsupportedText() };
  }
  if (!facts.hasPicture) {
    return { kind: "loading", text: "Loading the first picture…" };
  }
  return facts.isStill
    ? { kind: "buffering", text: "Buffering…" }
    : { kind: "playing", text: "Live" };
}

function unsupportedText(): string {
  return "VideoDecoder" in globalThis
    ? "This browser has no decoder for this stream"
    : "This browser cannot decode video (no WebCodecs, or the page is not secure)";
}
