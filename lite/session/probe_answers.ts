/**
 * Requests the peer's measurements of its path to us. moq-lite, "PROBE".
 *
 * @module
 */
import { onAbort } from "../signal.ts";
import { BidiType } from "../wire/stream_type.ts";
import { decodeProbe, type Probe } from "../wire/probe.ts";
import { hasProbe, hasSetupStream } from "../wire/version.ts";
import type { SessionContext } from "./context.ts";
import { withCredit } from "./in_time.ts";
import { CONTROL_ORDER } from "./priority.ts";
import { outgoingRequest } from "./request.ts";
import { withType } from "./streams.ts";

const MAX_PROBE_BYTES = 64;

/** The peer's reports until it ends them or `signal` aborts; none if the peer does not measure. */
export async function* askProbe(
  { transport, version, peer, clock }: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<Probe, void> {
  if (!hasProbe(version)) return;
  if (hasSetupStream(version) && !(await peer).probe) return;
  const sendOrder = CONTROL_ORDER;
  const stream = await withCredit(
    (signal) => transport.openBidi({ sendOrder, signal }),
    { clock, signal },
  );
  const { send, reader, end } = outgoingRequest(stream, version);
  const release = onAbort(signal, end);
  try {
    send.write(withType(BidiType.probe));
    for (;;) {
      const body = await reader.message(MAX_PROBE_BYTES);
      if (!body) return;
      yield decodeProbe(body, version);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    release();
    end();
  }
}
