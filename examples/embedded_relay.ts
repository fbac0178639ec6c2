// deno-lint-ignore-file no-console
/**
 * A relay inside your own server: WebSocket upgrades and the relay's routes go to
 * the relay, everything else to your site.
 *
 *     deno run --allow-net --allow-read examples/embedded_relay.ts 8000
 *
 * @module
 */
import { PublicAuth } from "@moq-deno/relay";
import { serveRelay } from "@moq-deno/relay/server";

const authorizer = new PublicAuth({ publish: ["**"], subscribe: ["**"] });
const relay = await serveRelay({ listen: [], authorizer });
const [port, RELAY] = [Number(Deno.args[0]), /^\/(live|announced|fetch)\b/];

const onListen = ({ port }: { port: number }) => console.log(`Port ${port}`);
Deno.serve(
  { hostname: "127.0.0.1", port, onListen },
  (request, info) =>
    RELAY.test(new URL(request.url).pathname)
      ? relay.handler(request, info)
      : new Response("My site; publish at /live over WebSocket\n"),
);
