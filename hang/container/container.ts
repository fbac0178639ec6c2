/**
 * How a frame's payload carries codec data, behind one interface: legacy, LOC
 * and CMAF.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import type { RenditionConfig } from "../catalog/catalog.ts";
import { knownContainer } from "../catalog/container_config.ts";
import { openCmaf } from "./cmaf.ts";
import { legacyContainer } from "./legacy.ts";
import { locContainer } from "./loc.ts";
import type { Container } from "./sample.ts";

/** The container of `rendition`; throws `MoqError("unsupported")` for an unknown kind and `"decode"` for a bad init segment. */
export function openContainer(rendition: RenditionConfig): Container {
  const config = knownContainer(rendition);
  switch (config?.kind) {
    case "legacy":
      return legacyContainer;
    case "loc":
      return locContainer;
    case "cmaf":
      return openCmaf(Uint8Array.fromBase64(config.init));
    default:
      throw new MoqError(
        "unsupported",
        `Expected a legacy, cmaf or loc container, got ${
          JSON.stringify(rendition.container)
        }`,
      );
  }
}
