/**
 * Patterns: which broadcast paths a grant covers. A segment is a literal, `*`
 * (any one segment), `lit*lit` (one star inside a segment) or `**` (any number
 * of segments, once per pattern). Matching is exact: `foo` is only `foo`,
 * `foo/**` is `foo` and everything below, `""` is the root alone.
 *
 * @module
 */

/** Most segments of a pattern, the same as of a path. */
export const MAX_PATTERN_SEGMENTS = 32;

const REST = "**";

function segmentsOf(path: string): readonly string[] {
  return path === "" ? [] : path.split("/");
}

function checkSegment(segment: string, pattern: string): void {
  if (segment === "") {
    throw new RangeError(
      `Expected a pattern without leading, trailing or doubled slash, got "${pattern}"`,
    );
  }
  if (segment !== REST && segment.split("*").length > 2) {
    throw new RangeError(
      `Expected at most one star in a segment, or "**" alone, got "${segment}" in "${pattern}"`,
    );
  }
}

/**
 * The canonical spelling of a pattern. Any `*` next to the `**` is moved after
 * it, so that equal patterns are equal strings. Throws `RangeError` that quotes
 * the error.
 */
export function parsePattern(pattern: string): string {
  const segments = [...segmentsOf(pattern)];
  for (const segment of segments) checkSegment(segment, pattern);
  if (segments.length > MAX_PATTERN_SEGMENTS) {
    throw new RangeError(
      `Expected at most ${MAX_PATTERN_SEGMENTS} segments in a pattern, got ${segments.length}`,
    );
  }
  const rest = segments.indexOf(REST);
  if (rest !== segments.lastIndexOf(REST)) {
    throw new RangeError(
      `Expected "**" at most once in a pattern, got "${pattern}"`,
    );
  }
  let first = rest;
  while (first > 0 && segments[first - 1] === "*") first--;
  if (first >= 0 && first < rest) {
    segments.splice(rest, 1);
    segments.splice(first, 0, REST);
  }
  return segments.join("/");
}

/** Whether a canonical pattern has a wildcard. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes("*");
}

function matchSegment(pattern: string, segment: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === segment;
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  return segment.length >= before.length + after.length &&
    segment.startsWith(before) && segment.endsWith(after);
}

/** Whether `pattern` covers the normalized `path`. */
export function matchPattern(pattern: string, path: string): boolean {
  const wanted = segmentsOf(pattern);
  const given = segmentsOf(path);
  const rest = wanted.indexOf(REST);
  const head = rest < 0 ? wanted : wanted.slice(0, rest);
  const tail = rest < 0 ? [] : wanted.slice(rest + 1);
  const fixed = head.length + tail.length;
  if (rest < 0 ? given.length !== fixed : given.length < fixed) return false;
  const end = given.length - tail.length;
  return head.every((segment, i) => matchSegment(segment, given[i] ?? "")) &&
    tail.every((segment, i) => matchSegment(segment, given[end + i] ?? ""));
}

/** The literal segments before the first wildcard: the prefix of every path that `pattern` covers. */
export function patternPrefix(pattern: string): string {
  const segments = segmentsOf(pattern);
  const star = segments.findIndex(hasWildcard);
  return (star < 0 ? segments : segments.slice(0, star)).join("/");
}

/** The patterns for the rest of a path after `segment`. */
function step(pattern: string, segment: string): readonly string[] {
  const [first, ...others] = segmentsOf(pattern);
  if (first === undefined) return [];
  if (first === REST) return [pattern, ...step(others.join("/"), segment)];
  return matchSegment(first, segment) ? [others.join("/")] : [];
}

/**
 * `patterns` relative to `prefix`: together they cover exactly what remains of
 * the covered paths that are `prefix` or below it. Empty if nothing there is
 * covered.
 */
export function rebasePatterns(
  patterns: readonly string[],
  prefix: string,
): readonly string[] {
  let left = new Set(patterns);
  for (const segment of segmentsOf(prefix)) {
    left = new Set([...left].flatMap((pattern) => step(pattern, segment)));
  }
  return left.has(REST) ? [REST] : [...left];
}

/** Whether `wide` matches every segment that `narrow` matches; neither is `**`. */
function containsSegment(wide: string, narrow: string): boolean {
  const star = narrow.indexOf("*");
  if (star < 0) return matchSegment(wide, narrow);
  const wideStar = wide.indexOf("*");
  if (wideStar < 0) return false;
  return narrow.slice(0, star).startsWith(wide.slice(0, wideStar)) &&
    narrow.slice(star + 1).endsWith(wide.slice(wideStar + 1));
}

interface Halves {
  readonly head: readonly string[];
  /** Last segment first. */
  readonly tail: readonly string[];
  readonly hasRest: boolean;
}

function halvesOf(pattern: string): Halves {
  const segments = segmentsOf(pattern);
  const rest = segments.indexOf(REST);
  return rest < 0 ? { head: segments, tail: [], hasRest: false } : {
    head: segments.slice(0, rest),
    tail: segments.slice(rest + 1).reverse(),
    hasRest: true,
  };
}

/** Whether the canonical pattern `wide` covers every path that the canonical pattern `narrow` covers. */
export function containsPattern(wide: string, narrow: string): boolean {
  const outer = halvesOf(wide);
  const inner = halvesOf(narrow);
  const fixed = inner.head.length + inner.tail.length;
  const needed = outer.head.length + outer.tail.length;
  if (!outer.hasRest) {
    return !inner.hasRest && fixed === needed &&
      outer.head.every((it, i) => containsSegment(it, inner.head[i] ?? ""));
  }
  if (fixed < needed) return false;
  // Where `narrow` has its `**`, anything may stand between its head and its tail.
  const [front, back] = inner.hasRest
    ? [inner.head, inner.tail]
    : [inner.head, inner.head.toReversed()];
  return outer.head.every((it, i) => containsSegment(it, front[i] ?? "*")) &&
    outer.tail.every((it, i) => containsSegment(it, back[i] ?? "*"));
}
