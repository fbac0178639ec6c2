/**
 * A keyboard in front of a page: its keys are real ones for the page, which
 * count as a user's gesture.
 *
 * @module
 */
import type { Page } from "./page.ts";

/** Options of {@linkcode press}. */
export interface PressOptions {
  /** Keys that are held meanwhile. */
  readonly holding?: "Shift" | "Control" | undefined;
  /** How many times the key says that it is still held. Default 0. */
  readonly repeats?: number | undefined;
}

const MODIFIERS = { Control: 2, Shift: 8 } as const;
// Names of `KeyboardEvent.key` that are no characters, with the numbers that browsers know them by.
const NAMED: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ArrowUp: 38,
  ArrowDown: 40,
  MediaPlayPause: 179,
};

/** Presses a key by its `KeyboardEvent.key`, and lets it go. */
export async function press(
  page: Page,
  key: string,
  { holding, repeats = 0 }: PressOptions = {},
): Promise<void> {
  const named = NAMED[key];
  const [character] = key.toUpperCase();
  const text = key === "Enter" ? "\r" : key;
  const isText = text.length === 1 && holding !== "Control";
  const described = {
    key,
    code: named !== undefined ? key : key === " " ? "Space" : `Key${character}`,
    windowsVirtualKeyCode: named ?? character!.charCodeAt(0),
    modifiers: holding ? MODIFIERS[holding] : 0,
  };
  for (let i = 0; i <= repeats; i++) {
    await page.send("Input.dispatchKeyEvent", {
      ...described,
      ...(isText && { text }),
      type: isText ? "keyDown" : "rawKeyDown",
      autoRepeat: i > 0,
    });
  }
  await page.send("Input.dispatchKeyEvent", { ...described, type: "keyUp" });
}

/** Types text, key by key. */
export async function type(page: Page, text: string): Promise<void> {
  for (const key of text) await press(page, key);
}
