/**
 * What pages of tests are made of: a site on loopback.
 *
 * @module
 */

/** A file of a site. */
export interface SiteFile {
  /** Its content type. */
  readonly type: "text/html" | "text/javascript";
  /** What is in it. */
  readonly body: string;
}

/** Serves files by path; the path `/` and any that is unknown is an empty page. Dispose of it to end it. */
export class Site implements AsyncDisposable {
  /** Address of the start page. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Serves from now on. */
  constructor(files: Readonly<Record<string, SiteFile>> = {}) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { pathname } = new URL(request.url);
        const { type, body } = files[pathname] ?? html("");
        return new Response(body, { headers: { "content-type": type } });
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A page with `body`. */
export function html(body: string): SiteFile {
  const head = `<!doctype html><meta charset="utf-8"><title>Test</title>
<link rel="icon" href="data:,">`;
  return { type: "text/html", body: `${head}\n${body}\n` };
}

/** A script. */
export function script(body: string): SiteFile {
  return { type: "text/javascript", body };
}
