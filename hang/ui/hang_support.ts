/**
 * `<hang-support>`: what this browser can do of what live media needs, in plain
 * words. Importing this module defines the element.
 *
 * ```html
 * <hang-support mode="watch" show="warning"></hang-support>
 * ```
 *
 * Attributes: `mode`, "watch" (the default), "publish" or "all"; `show`, when it
 * is seen: "always" (the default), "warning" when anything is missing, "error"
 * when it cannot work, "never"; `details`, which opens the list. Event:
 * `supportchange`, with the report as its `detail`. Parts: `summary`, `list`.
 *
 * @module
 */
import { running } from "../signals/lasting.ts";
import { readFlag } from "./shared/attributes.ts";
import { define, openShadow, part } from "./shared/parts.ts";
import { PageElement } from "./shared/page_element.ts";
import {
  type Support,
  type SupportMode,
  supportReport,
  worstOf,
} from "./watch/support_report.ts";

export { BaseElement, PageElement } from "./shared/page_element.ts";
export type { Support, SupportMode };

const STYLE = `
:host {
  --hang-good: #12834a; --hang-warn: #8a5a00; --hang-bad: #b3261e; --hang-line: #dce1ea;
  display: block; font: 15px/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host { --hang-good: #5cd797; --hang-warn: #ffd37a; --hang-bad: #ff8a80; --hang-line: #343b4a; }
}
:host([hidden]), details[hidden] { display: none; }
details { border: 1px solid var(--hang-line); border-radius: 10px; padding: 10px 14px; }
summary { cursor: pointer; font-weight: 600; }
ul { list-style: none; margin: 10px 0 0; padding: 0; display: grid; gap: 6px; }
li { display: grid; grid-template-columns: 1.4em 1fr; }
li::before { font-weight: 700; }
.full::before { content: "✓"; color: var(--hang-good); }
.partial::before { content: "!"; color: var(--hang-warn); padding-left: .25em; }
.none::before { content: "✗"; color: var(--hang-bad); }
`;
const MODES: readonly string[] = ["watch", "publish", "all"];
const SUMMARIES: Readonly<Record<Support["level"], string>> = {
  full: "This browser supports everything",
  partial: "This browser works, with limitations",
  none: "This browser is not supported",
};

/** Details of the events of {@linkcode HangSupportElement}. */
export interface HangSupportEvents {
  /** The report is there, or has changed. */
  readonly supportchange: readonly Support[];
}

/** `<hang-support>`, a report on the browser. */
export class HangSupportElement extends PageElement<HangSupportEvents> {
  /** Attributes that are watched. */
  static readonly observedAttributes: readonly string[] = [
    "mode",
    "show",
    "details",
  ];
  readonly #details = document.createElement("details");
  readonly #summary = part("summary", "summary");
  readonly #list = part("ul", "list");
  #report: readonly Support[] = [];
  #stop: () => void = () => {};

  /** Use `document.createElement("hang-support")` or HTML. */
  constructor() {
    super();
    this.#details.hidden = true;
    this.#details.append(this.#summary, this.#list);
    openShadow(this, STYLE).append(this.#details);
  }

  /** What was found out; empty until it is known. */
  get report(): readonly Support[] {
    return this.#report;
  }

  /** Called by the page. */
  attributeChangedCallback(name: string): void {
    if (name === "mode") this.#ask();
    else this.#show();
  }

  /** Called by the page. */
  connectedCallback(): void {
    if (this.#report.length === 0) this.#ask();
  }

  #ask(): void {
    this.#stop();
    this.#stop = running((signal) => this.#run(signal));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const text = this.getAttribute("mode") ?? "";
    const mode = MODES.includes(text) ? text as SupportMode : "watch";
    const report = await supportReport(mode);
    if (signal.aborted) return;
    this.#report = report;
    this.#show();
    this.dispatchEvent(new CustomEvent("supportchange", { detail: report }));
  }

  #show(): void {
    const worst = worstOf(this.#report);
    const show = this.getAttribute("show") ?? "always";
    const isWanted = show !== "never" &&
      (show !== "warning" || worst !== "full") &&
      (show !== "error" || worst === "none");
    this.#details.hidden = this.#report.length === 0 || !isWanted;
    this.#details.open = readFlag(this.getAttribute("details"));
    this.#summary.textContent = SUMMARIES[worst];
    this.#list.replaceChildren(...this.#report.map(({ level, text }) => {
      const item = document.createElement("li");
      item.className = level;
      const words = document.createElement("span");
      words.textContent = text;
      item.append(words);
      return item;
    }));
  }
}

define("hang-support", HangSupportElement);
