/**
 * Limits that all transports share.
 *
 * @module
 */

/**
 * Default limit of a peer's open requests: a relay opens one per track that it
 * reads, up to the 1024 subscriptions of a session, and some of other kinds.
 */
export const DEFAULT_MAX_REQUESTS = 2048;

/** Most bytes of a close reason in UTF-8. draft-ietf-webtrans-http3, "Session Termination". */
export const MAX_REASON_BYTES = 1024;

const encoder = new TextEncoder();

/** Returns `sendOrder`; throws `RangeError` unless it is an i32. */
export function checkSendOrder(sendOrder = 0): number {
  if ((sendOrder | 0) !== sendOrder) {
    throw new RangeError(
      `Expected a send order that is a 32-bit integer, got ${sendOrder}`,
    );
  }
  return sendOrder;
}

/** `reason` cut to {@linkcode MAX_REASON_BYTES} of UTF-8, between characters. */
export function boundReason(reason: string): string {
  const into = new Uint8Array(MAX_REASON_BYTES);
  return reason.slice(0, encoder.encodeInto(reason, into).read);
}
