/**
 * The types of streams: the first varint on each. moq-lite, "Streams".
 *
 * @module
 */

/** Types of bidirectional streams. The last two carry the version negotiation of drafts 01 and 02. */
export const BidiType = {
  announce: 1,
  subscribe: 2,
  fetch: 3,
  probe: 4,
  goaway: 5,
  track: 6,
  clientSetup: 0x20,
  serverSetup: 0x21,
} as const;

/** Types of unidirectional streams. */
export const UniType = {
  group: 0,
  setup: 1,
} as const;
