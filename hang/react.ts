/**
 * The elements for React 19, which sets their properties and listens to their
 * events itself: tag names with types. Import the module that defines an
 * element as well. This module imports nothing and also loads on a server.
 *
 * ```tsx ignore
 * import { HangWatch } from "@moq-deno/hang/react";
 * import "@moq-deno/hang/ui/hang-watch";
 *
 * const player = (
 *   <HangWatch
 *     url="https://relay.example/demo"
 *     name="room/alice"
 *     onstatechange={({ detail }) => console.log(detail.text)}
 *   />
 * );
 * ```
 *
 * @module
 */
import type { HangChatElement, HangChatEvents } from "./ui/hang_chat.ts";
import type { HangMeetElement, HangMeetEvents } from "./ui/hang_meet.ts";
import type {
  HangPublishElement,
  HangPublishEvents,
} from "./ui/hang_publish.ts";
import type { HangRoomsElement, HangRoomsEvents } from "./ui/hang_rooms.ts";
import type {
  HangSupportElement,
  HangSupportEvents,
} from "./ui/hang_support.ts";
import type { HangWatchElement, HangWatchEvents } from "./ui/hang_watch.ts";

/** A tag name with types, for JSX; it is not a function to call. */
export type HangTag<Props> = (props: Props) => null;

/** Props of an element: some of its properties, of its attributes as text, and of its events with `on` before their names. */
export type HangProps<
  Element,
  Properties extends keyof Element,
  Attributes extends string,
  Events,
> =
  & { readonly [Name in Properties]?: Element[Name] | undefined }
  & { readonly [Name in Attributes | "id" | "className"]?: string | undefined }
  & {
    readonly [Name in keyof Events & string as `on${Name}`]?:
      | ((event: CustomEvent<Events[Name]>) => void)
      | undefined;
  }
  & {
    /** As `useRef` makes it, or a function. */
    readonly ref?:
      | { current: Element | null }
      | ((element: Element | null) => unknown)
      | null
      | undefined;
    /** For the slots of the element. */
    readonly children?: unknown;
    /** CSS properties. */
    readonly style?: object | undefined;
  };

// React takes a string for an element of the page.
function tag<Props>(name: string): HangTag<Props> {
  return name as unknown as HangTag<Props>;
}

/** `<hang-watch>`. */
export const HangWatch: HangTag<
  HangProps<
    HangWatchElement,
    | "url"
    | "name"
    | "latency"
    | "rendition"
    | "captions"
    | "volume"
    | "muted"
    | "paused"
    | "showStats",
    "visible" | "controls" | "catalog-format",
    HangWatchEvents
  >
> = tag("hang-watch");

/** `<hang-publish>`. */
export const HangPublish: HangTag<
  HangProps<
    HangPublishElement,
    "url" | "name" | "source" | "file" | "muted" | "invisible",
    "simulcast" | "announce" | "preview" | "controls",
    HangPublishEvents
  >
> = tag("hang-publish");

/** `<hang-chat>`. */
export const HangChat: HangTag<
  HangProps<
    HangChatElement,
    "url" | "room" | "name" | "chat",
    "user" | "color",
    HangChatEvents
  >
> = tag("hang-chat");

/** `<hang-meet>`. */
export const HangMeet: HangTag<
  HangProps<
    HangMeetElement,
    "url" | "room" | "name" | "muted" | "invisible",
    "user" | "color" | "source" | "chat" | "layout",
    HangMeetEvents
  >
> = tag("hang-meet");

/** `<hang-rooms>`. */
export const HangRooms: HangTag<
  HangProps<
    HangRoomsElement,
    "url",
    "prefix" | "room",
    HangRoomsEvents
  >
> = tag("hang-rooms");

/** `<hang-support>`. */
export const HangSupport: HangTag<
  HangProps<
    HangSupportElement,
    never,
    "mode" | "show" | "details",
    HangSupportEvents
  >
> = tag("hang-support");
