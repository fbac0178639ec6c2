/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the demo's server says to its pages.
 *
 * @module
 */
import { pinCertificate } from "@moq-deno/hang/watch";

/** What it says. */
export interface Facts {
  /** The relay's URL. */
  readonly relay: string;
  /** Where other devices find these pages, if they can. */
  readonly share?: string;
  /** Whether the relay's certificate is trusted by its hash. */
  readonly isPinned?: boolean;
}

/** Asks the server, before anything connects to the relay. */
export async function demoFacts(): Promise<Facts> {
  const facts: Facts = await (await fetch("/demo.json")).json();
  if (facts.isPinned) pinCertificate(facts.relay);
  return facts;
}
