/**
 * Folders for tests that must not see the checkout.
 *
 * @module
 */

/** An empty folder outside the project; disposal deletes it. */
export interface TemporaryFolder extends AsyncDisposable {
  /** Its path. */
  readonly path: string;
}

/** Makes an empty folder. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await Deno.makeTempDir({ prefix: "moq-deno-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
