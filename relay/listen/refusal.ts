/**
 * How a peer is told why it was turned away.
 *
 * @module
 */
import type { MoqError } from "@moq-deno/lite";
import { codeTable, sessionCodeOf, versionOf } from "@moq-deno/lite/internal";

/** The close code and reason that tell a peer of `protocol` why it was turned away. */
export function refusal(
  error: MoqError,
  protocol: string | undefined,
): { readonly code: number; readonly reason: string } {
  const version = protocol === undefined ? undefined : versionOf(protocol);
  const table = version === undefined ? "up-to-05" : codeTable(version);
  return { code: sessionCodeOf(error, table), reason: error.message };
}
