/**
 * A fault of some WebTransport stacks: after a number of streams they deliver no
 * more, while the rest of the session works.
 *
 * @module
 */
import type { ReceiveStream, Transport } from "@moq-deno/lite/transport";

/** `transport`, which delivers only the first `most` incoming unidirectional streams. */
export function losesStreams(transport: Transport, most: number): Transport {
  async function* first(): AsyncGenerator<ReceiveStream, void> {
    let taken = 0;
    for await (const stream of transport.incomingUni) {
      if (taken++ < most) yield stream;
    }
  }
  return new Proxy(transport, {
    get(target, name) {
      if (name === "incomingUni") return first();
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
