/**
 * How a connection to a relay is doing, in one word and in one sentence.
 *
 * @module
 */
import type { ConnectionStatus } from "@moq-deno/lite";

/** A connection that cannot be used now. */
interface DownState {
  /** For programs. */
  readonly kind: "connecting" | "relay-gone" | "refused";
  /** For people: one sentence without a full stop. */
  readonly text: string;
}

/** What to say of a connection that is down, `undefined` while it is up; `away` is said while there is no relay. */
export function downStateOf(
  connection: ConnectionStatus,
  away = "Relay unreachable, reconnecting…",
): DownState | undefined {
  switch (connection.state) {
    case "connected":
      return undefined;
    case "closed": {
      const reason = connection.error?.message ?? "connection closed";
      return { kind: "refused", text: `Refused by the relay: ${reason}` };
    }
    case "waiting":
      return { kind: "relay-gone", text: away };
    case "connecting":
      return connection.attempt > 1
        ? { kind: "relay-gone", text: away }
        : { kind: "connecting", text: "Connecting…" };
  }
}
