/**
 * How a publisher is doing, in one word and in one sentence.
 *
 * @module
 */
import type { ConnectionStatus, MoqError } from "@moq-deno/lite";
import { downStateOf } from "../connection/connection_state.ts";

/** How a publisher is doing. */
export interface PublisherState {
  /** For programs. */
  readonly kind:
    | "connecting"
    | "relay-gone"
    | "refused"
    | "idle"
    | "live"
    | "watched"
    | "unsupported"
    | "failed";
  /** For people: one sentence without a full stop. */
  readonly text: string;
}

/** What is known of a publisher. */
interface PublisherFacts {
  /** The connection. */
  readonly connection: ConnectionStatus;
  /** Whether the broadcast is offered to the relay. */
  readonly isAnnounced: boolean;
  /** Whether there is a subscriber. */
  readonly isWatched: boolean;
  /** Why nothing can be encoded. */
  readonly failure: MoqError | undefined;
}

/** The state that the facts make. */
export function publisherStateOf(facts: PublisherFacts): PublisherState {
  const { connection, failure, isAnnounced, isWatched } = facts;
  if (failure) return failedState(failure);
  const down = downStateOf(connection);
  if (down) return down;
  if (!isAnnounced) return { kind: "idle", text: "Not publishing" };
  return isWatched
    ? { kind: "watched", text: "Live, with viewers" }
    : { kind: "live", text: "Live, no viewers yet" };
}

function failedState(failure: MoqError): PublisherState {
  if (failure.code !== "unsupported") {
    return { kind: "failed", text: `Cannot publish: ${failure.message}` };
  }
  return {
    kind: "unsupported",
    text: "VideoEncoder" in globalThis
      ? "This browser has no encoder for this; use a current Chrome, Edge, Firefox or Safari"
      : "This browser cannot encode (no WebCodecs, or the page is not secure); open it over HTTPS in a current browser",
  };
}
