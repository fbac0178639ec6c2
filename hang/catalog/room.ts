/**
 * What the catalog of 2025 said about the person behind a broadcast, and about
 * the side tracks of a meeting room. Newer publishers leave these out; who
 * shares a room with older ones still reads and writes them.
 *
 * @module
 */
import { Fields, present } from "./fields.ts";

/** Priorities of the side tracks, higher first. */
export const SIDE_TRACK_PRIORITY = {
  chat: 90,
  captions: 70,
  speaking: 50,
  typing: 40,
  detection: 30,
  location: 20,
  preview: 10,
} as const;

/** Another track of the same broadcast. */
export interface TrackReference {
  /** Its name. */
  readonly name: string;
  /** 0 to 255, higher first. */
  readonly priority?: number;
}

/** Who publishes. */
export interface User {
  /** Opaque. */
  readonly id?: string;
  /** For people. */
  readonly name?: string;
  /** URL of a picture. */
  readonly avatar?: string;
  /** CSS colour. */
  readonly color?: string;
}

/** Where a person writes. */
export interface Chat {
  /** Each frame is the newest message as plain text. */
  readonly message?: TrackReference;
  /** Each frame is one byte: 1 while the person types. */
  readonly typing?: TrackReference;
}

/** A place in the room. */
export interface Position {
  /** -1 at the left to 1 at the right. */
  readonly x?: number;
  /** -1 at the top to 1 at the bottom. */
  readonly y?: number;
  /** Higher is in front. */
  readonly z?: number;
  /** 1 is the usual size. */
  readonly s?: number;
}

/** Where the person is in the room. */
export interface Location {
  /** Before the first frame. */
  readonly initial?: Position;
  /** Each frame is a {@linkcode Position} in JSON. */
  readonly track?: TrackReference;
  /** Under this name others may move the person. */
  readonly handle?: string;
  /** Each frame is an object in JSON: the positions that this person gives to others, by handle. */
  readonly peers?: TrackReference;
}

/** Codecs of one kind that the person's device decodes. */
export interface CodecSupport {
  /** In hardware. */
  readonly hardware?: readonly string[];
  /** In software. */
  readonly software?: readonly string[];
  /** Not at all. */
  readonly unsupported?: readonly string[];
}

/** What the person's device decodes. */
export interface Capabilities {
  /** Pictures. */
  readonly video?: CodecSupport;
  /** Sound. */
  readonly audio?: CodecSupport;
}

/** A side track in a section of its own: captions, speaking, detection. */
export interface SideTrack {
  /** Where it is. */
  readonly track: TrackReference;
}

/** Checks a reference called `path`; throws `MoqError("decode")` that names the field. */
function parseReference(value: unknown, path: string): TrackReference {
  const fields = new Fields(value, path);
  const priority = fields.integer("priority");
  if (priority !== undefined && priority > 255) {
    throw fields.misfit("priority", "0 to 255");
  }
  return {
    ...fields.except(["name", "priority"]),
    ...present<TrackReference>({
      name: fields.requiredString("name"),
      priority,
    }),
  };
}

function optionalReference(
  fields: Fields,
  path: string,
  name: string,
): TrackReference | undefined {
  const value = fields.value(name);
  return value === undefined
    ? undefined
    : parseReference(value, `${path}.${name}`);
}

/** Checks a side track called `path`; throws `MoqError("decode")` that names the field. */
export function parseSideTrack(value: unknown, path: string): SideTrack {
  const fields = new Fields(value, path);
  return {
    ...fields.except(["track"]),
    track: parseReference(fields.value("track"), `${path}.track`),
  };
}

/** Checks the section `user`; throws `MoqError("decode")` that names the field. */
export function parseUser(value: unknown): User {
  const fields = new Fields(value, "user");
  return {
    ...fields.except(["id", "name", "avatar", "color"]),
    ...present<User>({
      id: fields.string("id"),
      name: fields.string("name"),
      avatar: fields.string("avatar"),
      color: fields.string("color"),
    }),
  };
}

/** Checks the section `chat`; throws `MoqError("decode")` that names the field. */
export function parseChat(value: unknown): Chat {
  const fields = new Fields(value, "chat");
  return {
    ...fields.except(["message", "typing"]),
    ...present<Chat>({
      message: optionalReference(fields, "chat", "message"),
      typing: optionalReference(fields, "chat", "typing"),
    }),
  };
}

/** Checks a position called `path`; throws `MoqError("decode")` that names the field. */
export function parsePosition(value: unknown, path: string): Position {
  const fields = new Fields(value, path);
  const within = (name: "x" | "y"): number | undefined => {
    const at = fields.number(name);
    if (at !== undefined && Math.abs(at) > 1) {
      throw fields.misfit(name, "a number from -1 to 1");
    }
    return at;
  };
  return {
    ...fields.except(["x", "y", "z", "s"]),
    ...present<Position>({
      x: within("x"),
      y: within("y"),
      z: fields.number("z"),
      s: fields.number("s"),
    }),
  };
}

/** Checks the section `location`; throws `MoqError("decode")` that names the field. */
export function parseLocation(value: unknown): Location {
  const fields = new Fields(value, "location");
  const initial = fields.value("initial");
  return {
    ...fields.except(["initial", "track", "handle", "peers"]),
    ...present<Location>({
      initial: initial === undefined
        ? undefined
        : parsePosition(initial, "location.initial"),
      track: optionalReference(fields, "location", "track"),
      handle: fields.string("handle"),
      peers: optionalReference(fields, "location", "peers"),
    }),
  };
}

function parseSupport(
  fields: Fields,
  kind: "video" | "audio",
): CodecSupport | undefined {
  const value = fields.value(kind);
  if (value === undefined) return undefined;
  const support = new Fields(value, `capabilities.${kind}`);
  return {
    ...support.except(["hardware", "software", "unsupported"]),
    ...present<CodecSupport>({
      hardware: support.strings("hardware"),
      software: support.strings("software"),
      unsupported: support.strings("unsupported"),
    }),
  };
}

/** Checks the section `capabilities`; throws `MoqError("decode")` that names the field. */
export function parseCapabilities(value: unknown): Capabilities {
  const fields = new Fields(value, "capabilities");
  return {
    ...fields.except(["video", "audio"]),
    ...present<Capabilities>({
      video: parseSupport(fields, "video"),
      audio: parseSupport(fields, "audio"),
    }),
  };
}

/** Checks the section `preview`; throws `MoqError("decode")` that names the field. */
export function parsePreview(value: unknown): TrackReference {
  return parseReference(value, "preview");
}
