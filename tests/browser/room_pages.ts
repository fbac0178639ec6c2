/**
 * The demo's pages for meetings, as a person in a room.
 *
 * @module
 */
import type { Chromium, Page, PageOptions } from "./chromium.ts";

/** Flags for a Chromium with a camera and a microphone. */
export const DEVICE_FLAGS: readonly string[] = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream=fps=10",
];

/** Options of {@linkcode visit}. */
export interface VisitOptions extends PageOptions {
  /** Address of the demo's pages. */
  readonly url: string;
  /** Which page. */
  readonly page: "chat" | "meet";
  /** The path below the room; the name for people is the same with a capital letter. */
  readonly who: string;
  /** Attributes of the element. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Opens a page in a window of its own. */
export async function visit(
  chromium: Chromium,
  { url, page: name, who, more = {}, ...options }: VisitOptions,
): Promise<Page> {
  const page = await chromium.page(options);
  const user = who.charAt(0).toUpperCase() + who.slice(1);
  const said = new URLSearchParams({ name: who, user, ...more });
  await page.goto(`${url}${name}/room/lobby#${said}`);
  return page;
}
