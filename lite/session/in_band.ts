/**
 * Drafts 01 and 02, for peers that negotiate no protocol name: the draft is
 * negotiated on the first bidirectional stream, which stays open as long as the
 * session. moq-transport-14, "SETUP".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { abortable, onAbort } from "../signal.ts";
import { type Clock, deadline, systemClock } from "../time.ts";
import type {
  BidiStream,
  OpenOptions,
  Transport,
} from "../transport/transport.ts";
import {
  decodeClientSetup,
  decodeServerSetup,
  encodeClientSetup,
  encodeServerSetup,
  SESSION_CODES,
} from "../wire/in_band.ts";
import { BidiType } from "../wire/stream_type.ts";
import { IN_BAND_ALPN, type Version } from "../wire/version.ts";
import { CONTROL_ORDER } from "./priority.ts";
import { MessageReader, withType } from "./streams.ts";

const OFFER_TIMEOUT_MS = 10_000;

/** The result of the negotiation in band. */
export interface InBandAgreement {
  /** The transport without its first stream. */
  readonly transport: Transport;
  /** The draft. */
  readonly version: Version;
  /** Path and query of the client's URL, if the transport does not carry them. */
  readonly path: string | undefined;
  /** The stream of the negotiation, which lives as long as the session. */
  readonly stream: BidiStream;
  /** The peer's half of it. */
  readonly reader: MessageReader;
}

/** Whether the draft must be negotiated in band on `transport`. */
export function needsInBand({ protocol }: Transport): boolean {
  return protocol === undefined || protocol === "" || protocol === IN_BAND_ALPN;
}

/** The server's side: waits for the client's offer and selects its first supported draft. Throws `MoqError("version")` or `("protocol")`, `signal.reason` on abort. */
export async function acceptInBand(
  transport: Transport,
  signal: AbortSignal,
): Promise<InBandAgreement> {
  const incoming = transport.incomingBidi[Symbol.asyncIterator]();
  const { value: stream } = await abortable(incoming.next(), signal);
  if (!stream) throw new MoqError("transport", "Connection ended before SETUP");
  const reader = new MessageReader(stream.receive, { version: "02" });
  const body = await setupBody(reader, {
    type: BidiType.clientSetup,
    signal,
  });
  const { versions, path } = decodeClientSetup(body);
  for (const code of versions) {
    const version = draftOf(code);
    if (!version) continue;
    const reply = encodeServerSetup(code);
    stream.send.write(withType(BidiType.serverSetup, reply));
    const rest = withoutFirst(transport, incoming);
    return { transport: rest, version, path, stream, reader };
  }
  throw new MoqError(
    "version",
    `Client offers neither moq-lite-02 nor -01 but ${
      versions.map((code) => `0x${code.toString(16)}`).join(", ") || "nothing"
    }`,
  );
}

/** Options of {@linkcode offerInBand}. */
export interface OfferInBandOptions {
  /** Path and query of the URL, if the transport does not carry them. */
  readonly path?: string | undefined;
  /** The drafts to offer. Default 02, then 01. */
  readonly drafts?: readonly Version[] | undefined;
  /** Ends the wait for the answer. */
  readonly signal: AbortSignal;
}

/** The client's side: offers drafts and waits for the answer. Throws as {@linkcode acceptInBand} does. */
export async function offerInBand(
  transport: Transport,
  { path, signal, drafts = [...SESSION_CODES.keys()] }: OfferInBandOptions,
): Promise<InBandAgreement> {
  const options: OpenOptions = { sendOrder: CONTROL_ORDER, signal };
  const stream = await transport.openBidi(options);
  const versions = drafts.flatMap((draft) => SESSION_CODES.get(draft) ?? []);
  stream.send.write(
    withType(BidiType.clientSetup, encodeClientSetup({ versions, path })),
  );
  const reader = new MessageReader(stream.receive, { version: "02" });
  const body = await setupBody(reader, { type: BidiType.serverSetup, signal });
  const version = draftOf(decodeServerSetup(body));
  if (version) return { transport, version, path, stream, reader };
  throw new MoqError("version", "Server selected a draft that was not offered");
}

/** As {@linkcode offerInBand}, within ten seconds; a failure closes `transport`. */
export async function agreeInBand(
  transport: Transport,
  { path, signal, clock = systemClock }: {
    readonly path?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly clock?: Clock | undefined;
  },
): Promise<InBandAgreement> {
  const patience = deadline(clock, OFFER_TIMEOUT_MS, signal);
  try {
    return await offerInBand(transport, { path, signal: patience.signal });
  } catch (error) {
    transport.close(0, "");
    throw error;
  } finally {
    patience.clear();
  }
}

function draftOf(code: number): Version | undefined {
  for (const [version, known] of SESSION_CODES) {
    if (known === code) return version;
  }
  return undefined;
}

async function setupBody(
  reader: MessageReader,
  { type, signal }: { readonly type: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const release = onAbort(signal, () => reader.stop(0));
  try {
    const first = await reader.varint();
    if (first !== type) {
      throw new MoqError(
        "protocol",
        `Expected SETUP of type ${type}, got ${first ?? "the end"}`,
      );
    }
    const [high = 0, low = 0] = await reader.bytes(2);
    return await reader.bytes(high * 256 + low);
  } catch (cause) {
    signal.throwIfAborted();
    const error = asMoqError(cause);
    if (error.code === "protocol" || error.code === "transport") throw error;
    throw new MoqError(
      "protocol",
      "Peer ended its stream before or inside SETUP",
      { cause },
    );
  } finally {
    release();
  }
}

/** `transport` from its second incoming stream on. */
function withoutFirst(
  transport: Transport,
  rest: AsyncIterator<BidiStream>,
): Transport {
  return {
    kind: transport.kind,
    protocol: transport.protocol,
    reliableReset: transport.reliableReset,
    openUni: (options) => transport.openUni(options),
    openBidi: (options) => transport.openBidi(options),
    incomingUni: transport.incomingUni,
    incomingBidi: { [Symbol.asyncIterator]: () => rest },
    datagrams: transport.datagrams,
    report: transport.report?.bind(transport),
    close: (code, reason) => transport.close(code, reason),
    closed: transport.closed,
  };
}
