/**
 * What the catalog of 2025 said about the person behind a broadcast, and about
 * the side tracks of a meeting room. Newer publishers leave these out; who
 * shares a room with older ones still reads and writes them.
 *
 * @module
 */
import type { SectionParser } from "./collector.ts";
import { Fields, nested, readObject, type Shape } from "./fields.ts";

/** Name of the track that says whether the person types; each frame is one byte. */
export const TYPING_TRACK = "chat/typing.bool";

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

const REFERENCE: Shape<TrackReference> = {
  name: "requiredString",
  priority(fields, name) {
    const priority = fields.integer(name);
    if (priority === undefined || priority <= 255) return priority;
    throw fields.misfit(name, "0 to 255");
  },
};

function parseReference(value: unknown, path: string): TrackReference {
  return readObject(value, { path, shape: REFERENCE });
}

const reference = nested(parseReference);

/** Checks a side track called `path`; throws `MoqError("decode")` that names the field. */
export function parseSideTrack(value: unknown, path: string): SideTrack {
  const fields = new Fields(value, path);
  const track = parseReference(fields.value("track"), `${path}.track`);
  return { ...fields.except(["track"]), track };
}

function within(fields: Fields, name: string): number | undefined {
  const at = fields.number(name);
  if (at === undefined || Math.abs(at) <= 1) return at;
  throw fields.misfit(name, "a number from -1 to 1");
}

const POSITION: Shape<Position> = {
  x: within,
  y: within,
  z: "number",
  s: "number",
};

/** Checks a position called `path`; throws `MoqError("decode")` that names the field. */
export function parsePosition(value: unknown, path: string): Position {
  return readObject(value, { path, shape: POSITION });
}

const SUPPORT: Shape<CodecSupport> = {
  hardware: "strings",
  software: "strings",
  unsupported: "strings",
};

const support = nested((value, path) =>
  readObject(value, { path, shape: SUPPORT })
);

const USER: Shape<User> = {
  id: "string",
  name: "string",
  avatar: "string",
  color: "string",
};

const LOCATION: Shape<Location> = {
  initial: nested(parsePosition),
  track: reference,
  handle: "string",
  peers: reference,
};

/** How the sections are checked. */
export const ROOM_SECTIONS: Readonly<Record<string, SectionParser>> = {
  user: (value) => readObject(value, { path: "user", shape: USER }),
  chat: (value) =>
    readObject<Chat>(value, {
      path: "chat",
      shape: { message: reference, typing: reference },
    }),
  location: (value) => readObject(value, { path: "location", shape: LOCATION }),
  preview: (value) => parseReference(value, "preview"),
  capabilities: (value) =>
    readObject<Capabilities>(value, {
      path: "capabilities",
      shape: { video: support, audio: support },
    }),
};
