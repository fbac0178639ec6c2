/**
 * `<moq-watch>`: {@linkcode HangWatchElement} under the name that pages of
 * `@moq/watch` use, with the `<canvas>` that they put inside. Importing this
 * module defines the element, unless somebody has done so.
 *
 * @module
 */
import { HangWatchElement } from "./hang_watch.ts";

/** The element. */
export class MoqWatchElement extends HangWatchElement {}

if (!customElements.get("moq-watch")) {
  customElements.define("moq-watch", MoqWatchElement);
}
