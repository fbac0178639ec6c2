/**
 * The field `container` of the catalog: how the frames of a track are packed.
 * hang catalog, the form of autumn 2026.
 *
 * @module
 */
import { Fields, nested } from "./fields.ts";

/** Payload is a varint timestamp in microseconds, then the codec's bytes. The default. */
export interface LegacyContainerConfig {
  /** Discriminator. */
  readonly kind: "legacy";
}

/** Each frame is one or more complete moof+mdat fragments. */
export interface CmafContainerConfig {
  /** Discriminator. */
  readonly kind: "cmaf";
  /** Base64 of the init segment, ftyp and moov. */
  readonly init: string;
}

/** Low Overhead Container, draft-ietf-moq-loc-04. */
export interface LocContainerConfig {
  /** Discriminator. */
  readonly kind: "loc";
}

/** The containers this package reads and writes. */
export type KnownContainerConfig =
  | LegacyContainerConfig
  | CmafContainerConfig
  | LocContainerConfig;

/** A container of a kind this package does not know: republished as it is, never played. */
export interface UnknownContainerConfig {
  /** Anything but a known kind. */
  readonly kind?: unknown;
  /** Kept as it came. */
  readonly [field: string]: unknown;
}

/** How the frames of a rendition are packed. */
export type ContainerConfig = KnownContainerConfig | UnknownContainerConfig;

const KNOWN_KINDS = ["legacy", "cmaf", "loc"];
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i;

/** The field `container` of a rendition, its own fields checked when its kind is known. */
export const parseContainer = nested((value, path): ContainerConfig => {
  const container = new Fields(value, path);
  if (container.value("kind") === "cmaf") {
    const init = container.string("init");
    if (init === undefined || !BASE64.test(init)) {
      throw container.misfit("init", "base64 of an init segment");
    }
  }
  return value as ContainerConfig;
});

/** The container of a rendition when it is one this package reads, legacy where it names none. */
export function knownContainer(
  { container }: { readonly container?: ContainerConfig },
): KnownContainerConfig | undefined {
  if (container === undefined) return { kind: "legacy" };
  // parseCatalog and CatalogProducer have checked the fields of every known kind.
  return KNOWN_KINDS.includes(container.kind as string)
    ? container as KnownContainerConfig
    : undefined;
}
