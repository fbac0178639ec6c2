/**
 * The one error class and the tables between its codes and the numbers on the
 * wire. moq-lite drafts up to 05 and moq-lite-06 use different tables; we send
 * the negotiated draft's and understand both.
 *
 * @module
 */

/** What went wrong, stable for programs to switch on. */
export type ErrorCode =
  | "cancelled" // whoever asked no longer wants it
  | "closed" // the handle was closed, by us or in an orderly way by the peer
  | "lagged" // this reader was too slow and lost its place
  | "expired" // the group is older than anybody wants
  | "evicted" // removed to keep within the memory budget
  | "too-large" // a frame, a group, a name or a request is over its bound
  | "not-found" // the broadcast is there, the track or group is not
  | "unroutable" // nothing announced covers this path
  | "unauthorized" // the grant does not cover this
  | "timeout" // nothing came within the time allowed
  | "unsupported" // a message that the negotiated draft does not have
  | "going-away" // the peer asked to be left
  | "decode" // bytes that do not parse
  | "protocol" // bytes that parse but break a rule
  | "version" // no draft in common
  | "internal" // a bug, ours or theirs
  | "remote" // the peer gave a number without a meaning here, see remoteCode
  | "transport"; // the connection failed, see cause

/** Which of the two number tables a draft uses. */
export type CodeTable = "up-to-05" | "from-06";

/** Numbers from here on belong to the application and are passed through. */
const FIRST_APPLICATION_CODE = 64;

/** Options of {@linkcode MoqError}. */
export interface MoqErrorOptions {
  /** The number the peer sent, when it sent one. */
  readonly remoteCode?: number | undefined;
  /** What caused this. */
  readonly cause?: unknown;
}

/** Everything that can be expected to go wrong; misuse is a `TypeError` or `RangeError`. */
export class MoqError extends Error {
  /** Always `MoqError`. */
  override readonly name = "MoqError";
  /** What went wrong. */
  readonly code: ErrorCode;
  /** The number the peer sent, when it sent one. */
  readonly remoteCode: number | undefined;

  /** Makes an error; `message` says what was expected and what came. */
  constructor(code: ErrorCode, message: string, options: MoqErrorOptions = {}) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.remoteCode = options.remoteCode;
  }
}

/** `error` itself when it is a {@linkcode MoqError}, else one with `code` around it. */
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

/** What `error` says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The numbers of each code: the first is what we send, all are understood; a number that two have means the first of them. */
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

/** What a RESET_STREAM or STOP_SENDING number means, in the negotiated table first, then in the other. */
export function streamErrorOf(number: number, table: CodeTable): MoqError {
  // Cancel is 0 in one table and 1 in the other, and neither number does harm when it is taken as cancel.
  const code = number <= 1
    ? "cancelled"
    : meaningOf(STREAM_CODES, number, table);
  return new MoqError(code, `Peer ended the stream with code ${number}`, {
    remoteCode: number,
  });
}

/** What a session close number means, in the negotiated table first, then in the other. */
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
