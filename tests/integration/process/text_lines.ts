/**
 * Text by lines.
 *
 * @module
 */

/** Cuts text into lines; a last line without an end is dropped. */
export class TextLineStream extends TransformStream<string, string> {
  /** Nothing read yet. */
  constructor() {
    let rest = "";
    super({
      transform(text, controller): void {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
