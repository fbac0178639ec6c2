/**
 * Keys that do something in an element.
 *
 * @module
 */

/** The key that was pressed by itself; `undefined` where it is not for the element: with another key held, or in a field of its own. */
export function plainKey(event: KeyboardEvent): string | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const [target] = event.composedPath();
  const isInField = target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement;
  return isInField ? undefined : event.key;
}
