/**
 * Counts the halves of streams that are open at one end of a connection, to
 * check that each is ended.
 *
 * @module
 */
import type {
  BidiStream,
  ReceiveStream,
  SendStream,
  Transport,
} from "@moq-deno/lite/transport";

/** The open halves of the transports given to {@linkcode Ledger.wrap}. */
export class Ledger {
  #open = 0;

  /** Halves started and not ended. */
  get open(): number {
    return this.#open;
  }

  /** The same transport, with its halves counted. */
  wrap(transport: Transport): Transport {
    const { protocol, reliableReset, closed, datagrams } = transport;
    return {
      protocol,
      reliableReset,
      closed,
      datagrams,
      openUni: async (options) => this.#send(await transport.openUni(options)),
      openBidi: async (options) =>
        this.#bidi(await transport.openBidi(options)),
      incomingUni: mapped(transport.incomingUni, (one) => this.#receive(one)),
      incomingBidi: mapped(transport.incomingBidi, (one) => this.#bidi(one)),
      close: (code, reason) => transport.close(code, reason),
    };
  }

  /** Counts a new half; the function returned ends it, once. */
  #begin(): () => void {
    this.#open++;
    let isOpen = true;
    return () => {
      if (isOpen) this.#open--;
      isOpen = false;
    };
  }

  #bidi({ send, receive }: BidiStream): BidiStream {
    return { send: this.#send(send), receive: this.#receive(receive) };
  }

  #send(stream: SendStream): SendStream {
    const end = this.#begin();
    stream.stopped.then(end);
    return {
      stopped: stream.stopped,
      ready: (signal) => stream.ready(signal),
      write: (chunk) => stream.write(chunk),
      close: () => {
        end();
        stream.close();
      },
      reset: (code) => {
        end();
        stream.reset(code);
      },
    };
  }

  #receive(stream: ReceiveStream): ReceiveStream {
    const end = this.#begin();
    return {
      read: async (into) => {
        try {
          const chunk = await stream.read(into);
          if (!chunk) end();
          return chunk;
        } catch (error) {
          end();
          throw error;
        }
      },
      stop: (code) => {
        end();
        stream.stop(code);
      },
    };
  }
}

function mapped<T>(
  source: AsyncIterable<T>,
  map: (item: T) => T,
): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
      for await (const item of source) yield map(item);
    },
  };
}
