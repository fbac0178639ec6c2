/**
 * What `<hang-publish>` says: how its source and its publisher are doing, in
 * one word and in one sentence, and what the user can do.
 *
 * @module
 */
import type { CaptureProblem } from "../../publish/capture_problem.ts";
import type { PublisherState } from "../../publish/publisher_state.ts";

/** How the element is doing. */
export interface HangPublishState {
  /** For programs. */
  readonly kind:
    | PublisherState["kind"]
    | "incomplete"
    | "choose"
    | "asking"
    | "opening"
    | "hidden"
    | CaptureProblem["kind"];
  /** For people: what is, and what to do. */
  readonly text: string;
}

/** What is known. */
export interface HangPublishFacts {
  /** What is to be published. */
  readonly source: "camera" | "screen" | "file" | undefined;
  /** Whether both picture and sound were switched off. */
  readonly isSwitchedOff: boolean;
  /** Whether there is a picture or sound. */
  readonly hasMedia: boolean;
  /** Whether the browser is asking the user. */
  readonly isAsking: boolean;
  /** What is wrong with the source. */
  readonly problem: CaptureProblem | undefined;
  /** The publisher, while there is a url and a name. */
  readonly publisher: PublisherState | undefined;
}

const SOURCES = {
  camera: "camera and microphone",
  screen: "screen",
  file: "file",
} as const;

/** The state that the facts make. */
export function hangPublishStateOf(facts: HangPublishFacts): HangPublishState {
  const { source, publisher, problem } = facts;
  if (!publisher) {
    return { kind: "incomplete", text: "Set the url and name attributes" };
  }
  if (publisher.kind === "refused") return publisher;
  if (!source) return { kind: "choose", text: "What do you want to publish?" };
  if (facts.hasMedia) {
    return publisher.kind === "idle"
      ? { kind: "opening", text: "Starting the encoder…" }
      : publisher;
  }
  if (problem) return problem;
  if (facts.isAsking) {
    return {
      kind: "asking",
      text: `Allow this page to use your ${
        SOURCES[source]
      } when the browser asks`,
    };
  }
  return facts.isSwitchedOff
    ? { kind: "hidden", text: "Camera and microphone are off" }
    : { kind: "opening", text: `Opening the ${SOURCES[source]}` };
}
