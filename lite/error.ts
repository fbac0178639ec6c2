/**
 * The error class, and the tables that map its codes to numbers on the wire.
 * moq-lite drafts up to 05 and moq-lite-06 have different tables; we send the
 * negotiated draft's numbers and understand both.
 *
 * @module
 */

/** The kind of error, stable for programs to switch on. */
export type ErrorCode =
  | "cancelled" // the requester no longer wants it
  | "closed" // the handle was closed, here or in an orderly way by the peer
  | "lagged" // too slow, or too many at once
  | "expired" // the group is older than its readers want
  | "evicted" // removed to stay within the memory limit
  | "too-large" // a frame, a group, a name or a request exceeds its limit
  | "not-found" // the broadcast exists, the track or group does not
  | "unroutable" // no broadcast is announced at this path
  | "unauthorized" // the grant does not allow this
  | "timeout" // the peer did not answer in time
  | "unsupported" // the negotiated draft does not have this message
  | "going-away" // the peer asked us to move to another server
  | "decode" // bytes that cannot be parsed
  | "protocol" // bytes that violate a rule of the protocol
  | "version" // no draft in common
  | "internal" // a bug, here or at the peer
  | "remote" // the peer sent a number without a known meaning, see remoteCode
  | "transport"; // the connection failed, see cause

/** The two number tables. */
export type CodeTable = "up-to-05" | "from-06";

/** Numbers from here on belong to the application and are sent unchanged. */
const FIRST_APPLICATION_CODE = 64;

/** Options of {@linkcode MoqError}. */
export interface MoqErrorOptions {
  /** The number the peer sent, if any. */
  readonly remoteCode?: number | undefined;
  /** The underlying error. */
  readonly cause?: unknown;
}

/** An expected failure; misuse is a `TypeError` or `RangeError`. */
export class MoqError extends Error {
  /** Always `MoqError`. */
  override readonly name = "MoqError";
  /** The kind of error. */
  readonly code: ErrorCode;
  /** The number the peer sent, if any. */
  readonly remoteCode: number | undefined;

  /** `message` says what happened and, where possible, what to do. */
  constructor(code: ErrorCode, message: string, options: MoqErrorOptions = {}) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.remoteCode = options.remoteCode;
  }
}

/** `error` if it is a {@linkcode MoqError}, else a `MoqError` with `code` that wraps it; an `AbortError` becomes `"cancelled"`. */
export function asMoqError(
  error: unknown,
  code: ErrorCode = "internal",
): MoqError {
  if (error instanceof MoqError) return error;
  const message = messageOf(error);
  if (error instanceof DOMException && error.name === "AbortError") {
    return new MoqError("cancelled", message, { cause: error });
  }
  return new MoqError(code, message, { cause: error });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The numbers of each code: the first is sent, all are understood; a number in two lists means the first code. */
type Numbers = Readonly<Partial<Record<ErrorCode, readonly number[]>>>;

const STREAM_CODES: Record<CodeTable, Numbers> = {
  "up-to-05": {
    cancelled: [0, 24],
    closed: [0, 25],
    expired: [2],
    timeout: [3],
    transport: [4],
    decode: [5],
    unauthorized: [6],
    version: [9],
    "not-found": [13],
    protocol: [15, 14, 16],
    unsupported: [17],
    lagged: [26],
    "too-large": [27],
    unroutable: [30],
    evicted: [31],
    "going-away": [0],
    internal: [0],
  },
  "from-06": {
    internal: [0],
    cancelled: [1],
    closed: [1, 3],
    expired: [0x34, 2],
    "going-away": [4],
    lagged: [5],
    decode: [0x12],
    protocol: [0x12, 0x37, 0x39],
    evicted: [0x35, 0x30],
    timeout: [0x31],
    "too-large": [0x32, 0x38],
    "not-found": [0x33],
    unroutable: [0x36],
    unauthorized: [0x36],
    unsupported: [0x33],
    version: [0],
    transport: [0],
  },
};

const SESSION_CODES: Record<CodeTable, Numbers> = {
  "up-to-05": {
    closed: [0],
    cancelled: [0],
    "going-away": [0],
    transport: [1],
    timeout: [3],
    decode: [5],
    unauthorized: [6],
    version: [9],
    protocol: [15],
    internal: [4],
    "too-large": [15],
    "not-found": [13],
    unroutable: [30],
    unsupported: [17],
    lagged: [26],
    expired: [2],
    evicted: [31],
  },
  "from-06": {
    closed: [0],
    internal: [1],
    unauthorized: [2],
    protocol: [3, 6],
    decode: [3],
    "going-away": [0x10],
    timeout: [0x11],
    version: [0x15],
    cancelled: [0],
    transport: [1],
    "too-large": [3],
    "not-found": [1],
    unroutable: [1],
    unsupported: [3],
    lagged: [1],
    expired: [1],
    evicted: [1],
  },
};

function numberOf(numbers: Numbers, error: MoqError): number {
  if (
    error.remoteCode !== undefined &&
    error.remoteCode >= FIRST_APPLICATION_CODE
  ) {
    return error.remoteCode;
  }
  return numbers[error.code]?.[0] ?? 0;
}

/** The RESET_STREAM or STOP_SENDING number for `error`. */
export function streamCodeOf(error: MoqError, table: CodeTable): number {
  return numberOf(STREAM_CODES[table], error);
}

/** The session close number for `error`. */
export function sessionCodeOf(error: MoqError, table: CodeTable): number {
  return numberOf(SESSION_CODES[table], error);
}

function meaningOf(
  tables: Record<CodeTable, Numbers>,
  number: number,
  table: CodeTable,
): ErrorCode {
  const other: CodeTable = table === "from-06" ? "up-to-05" : "from-06";
  for (const numbers of [tables[table], tables[other]]) {
    for (const [code, all] of Object.entries(numbers)) {
      if (all.includes(number)) return code as ErrorCode;
    }
  }
  return "remote";
}

/** The error of a RESET_STREAM or STOP_SENDING number, looked up in the negotiated table, then in the other. */
export function streamErrorOf(number: number, table: CodeTable): MoqError {
  // Cancel is 0 in one table and 1 in the other; it is harmless to read both as cancel.
  const code = number <= 1
    ? "cancelled"
    : meaningOf(STREAM_CODES, number, table);
  return new MoqError(code, `Peer ended the stream with code ${number}`, {
    remoteCode: number,
  });
}

/** The error of a session close number, looked up in the negotiated table, then in the other. */
export function sessionErrorOf(
  number: number,
  reason: string,
  table: CodeTable,
): MoqError {
  const code = number === 2 || number === 6
    ? "unauthorized"
    : meaningOf(SESSION_CODES, number, table);
  const text = reason === "" ? "" : `: ${reason}`;
  return new MoqError(
    code,
    `Peer closed the session with code ${number}${text}`,
    { remoteCode: number },
  );
}
