/**
 * Keys that do something in an element.
 *
 * @module
 */

/** Does what the key is for, unless it is not meant for the element: with another key held, or in a field of its own. */
export function pressKey(
  event: KeyboardEvent,
  actions: Readonly<Record<string, () => void>>,
): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const [target] = event.composedPath();
  const isInField = target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement;
  const action = isInField ? undefined : actions[event.key];
  if (!action) return;
  action();
  event.preventDefault();
}
