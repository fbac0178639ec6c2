/**
 * Tokens for moq-lite relays: keys that sign and verify them, their grants, and
 * patterns of broadcast paths. Runs where WebCrypto does.
 *
 * @module
 */
export { type Claims, formatTime } from "./claims.ts";
export { TokenError, type TokenErrorCode } from "./error.ts";
export {
  authorize,
  type Grants,
  MAX_PATTERNS,
  type Permissions,
  scopeAllows,
} from "./grants.ts";
export {
  type InspectedToken,
  inspectToken,
  MAX_TOKEN_LENGTH,
  readHeader,
  type TokenHeader,
} from "./header.ts";
export type { JsonObject } from "./json.ts";
export {
  type Algorithm,
  ALGORITHMS,
  isKeyId,
  type KeyData,
  MAX_KEY_LENGTH,
  type Operation,
} from "./jwk.ts";
export {
  generateKey,
  type GenerateKeyOptions,
  Key,
  parseKey,
  type VerifyOptions,
} from "./key.ts";
export { KeySet, parseKeySet } from "./key_set.ts";
export {
  containsPattern,
  hasWildcard,
  matchPattern,
  MAX_PATTERN_SEGMENTS,
  parsePattern,
  rebasePatterns,
} from "./pattern.ts";
