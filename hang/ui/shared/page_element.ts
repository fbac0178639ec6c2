/**
 * What every element extends: an element of the page whose events have types.
 * Outside pages its modules load too, for programs that render pages on a
 * server; there no element can be made.
 *
 * @module
 */

/** `HTMLElement`; on a server, which has none, a class without members. */
export const BaseElement: typeof HTMLElement = globalThis.HTMLElement ??
  class {} as unknown as typeof HTMLElement;

/** Listens to the events of an element with the types of their details, and to all others. */
export interface PageElement<Events> {
  /** As `EventTarget.addEventListener`. */
  addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: (event: CustomEvent<Events[Type]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** As `EventTarget.addEventListener`. */
  addEventListener<Type extends keyof HTMLElementEventMap>(
    type: Type,
    listener: (event: HTMLElementEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** As `EventTarget.addEventListener`. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** An element of a page; `Events` has the details of its events by name. */
export class PageElement<Events> extends BaseElement {}
