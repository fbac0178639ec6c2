/**
 * Errors about addresses that cannot be bound.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { ConfigError } from "../config/values.ts";

/** Options of {@linkcode cannotListen}. */
interface CannotListenOptions {
  /** The setting to change. */
  readonly flag: string;
  /** The system's error. */
  readonly cause: unknown;
}

/** Whether `error`, or its cause, says that the port is in use. */
export function isPortInUse(error: unknown): boolean {
  if (error instanceof Deno.errors.AddrInUse) return true;
  return error instanceof Error && error.cause !== undefined &&
    isPortInUse(error.cause);
}

/** The error for an address that cannot be bound. */
export function cannotListen(
  what: string,
  { flag, cause }: CannotListenOptions,
): ConfigError {
  const system = cause instanceof MoqError ? cause.cause : cause;
  const why = system instanceof Deno.errors.AddrInUse
    ? "it is in use; stop what uses it"
    : system instanceof Deno.errors.AddrNotAvailable
    ? "this machine has no such address; choose one it has"
    : system instanceof Deno.errors.PermissionDenied
    ? "that is not permitted; choose a port from 1024 on"
    : messageOf(system);
  return new ConfigError(
    `Cannot listen on ${what}: ${why}, or give another address with ${flag}`,
    { cause },
  );
}
