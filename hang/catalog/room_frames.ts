/**
 * The frames of a room's side tracks that are JSON: what is in the preview, and
 * what was seen in the picture. Positions are in `room.ts`.
 *
 * @module
 */
import { Fields, misfit, type Shape } from "./fields.ts";

/** What a broadcast looks like in a list of all in the room: a frame of the track `preview`. */
export interface Preview {
  /** Of the person. */
  readonly name?: string;
  /** URL of a picture. */
  readonly avatar?: string;
  /** Whether there is sound. */
  readonly audio?: boolean;
  /** Whether there is a picture. */
  readonly video?: boolean;
  /** Whether the person speaks. */
  readonly speaking?: boolean;
  /** Whether the person types. */
  readonly typing?: boolean;
  /** Whether there is a chat message. */
  readonly chat?: boolean;
  /** Whether the screen is shared. */
  readonly screen?: boolean;
}

/** Something seen in the picture, in fractions of its size from the top left. */
export interface Detection {
  /** What it is. */
  readonly label: string;
  /** Certainty from 0 to 1. */
  readonly score: number;
  /** Left. */
  readonly x: number;
  /** Top. */
  readonly y: number;
  /** Width. */
  readonly w: number;
  /** Height. */
  readonly h: number;
}

const PREVIEW: Shape<Preview> = {
  name: "string",
  avatar: "string",
  audio: "boolean",
  video: "boolean",
  speaking: "boolean",
  typing: "boolean",
  chat: "boolean",
  screen: "boolean",
};

/** Checks a frame of the track `preview`; throws `MoqError("decode")` that names the field. */
export function parsePreviewFrame(value: unknown): Preview {
  return new Fields(value, "preview").all(PREVIEW);
}

function fraction(fields: Fields, name: string): number {
  const part = fields.number(name);
  if (part !== undefined && part >= 0 && part <= 1) return part;
  throw fields.misfit(name, "a number from 0 to 1");
}

const DETECTION: Shape<Detection> = {
  label: "requiredString",
  score: fraction,
  x: fraction,
  y: fraction,
  w: fraction,
  h: fraction,
};

/** Checks a frame of the track `video.detection`; throws `MoqError("decode")` that names the field. */
export function parseDetections(value: unknown): readonly Detection[] {
  if (!Array.isArray(value)) throw misfit("detections", "an array", value);
  return value.map((one, index) =>
    new Fields(one, `detections[${index}]`).all(DETECTION)
  );
}
