/**
 * How others watch what is published here.
 *
 * @module
 */

const ANSWER_MS = 1000;

/**
 * The address of the relay's page that plays the broadcast `name`, or a command
 * that does where the relay has no such page. Neither has the token of `url`.
 */
export async function watchHint(url: URL, name: string): Promise<string> {
  const page = new URL(url);
  [page.search, page.hash] = ["", ""];
  const path = [...url.pathname.split("/").map(decoded), ...name.split("/")];
  page.pathname = ["watch", ...path.filter((part) => part !== "")]
    .map(encodeURIComponent).join("/");
  if (/^https?:$/.test(url.protocol) && await isPage(page)) return page.href;
  const token = url.searchParams.has("jwt") ? "?jwt=TOKEN" : "";
  const there = `${url.protocol}//${url.host}${url.pathname}${token}`;
  return `hang subscribe --url ${quoted(there)} --name ${
    quoted(name)
  } - | ffplay -`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // A percent sign that encodes nothing.
  }
}

/** In quotes where a shell would change it. */
function quoted(text: string): string {
  return /^[\w.:/@-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}

async function isPage(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    const type = response.headers.get("content-type") ?? "";
    return response.ok && type.startsWith("text/html");
  } catch {
    return false; // No HTTP there, or a certificate that only --fingerprint trusts.
  }
}
