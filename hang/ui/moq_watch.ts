/**
 * `<moq-watch>`: {@linkcode HangWatchElement} under the name that pages of
 * `@moq/watch` use, with the `<canvas>` that they put inside. Importing this
 * module defines the element, unless it is defined.
 *
 * @module
 */
import { HangWatchElement } from "./hang_watch.ts";
import { define } from "./shared/parts.ts";

/** `<moq-watch>`, a player. */
export class MoqWatchElement extends HangWatchElement {}

define("moq-watch", MoqWatchElement);
