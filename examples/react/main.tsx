/**
 * A page with one broadcast: `?relay=http://localhost:4443&name=demo`.
 *
 * @module
 */
import { createRoot } from "react-dom/client";
import { Live } from "./live.tsx";

const query = new URLSearchParams(location.search);
const relay = query.get("relay") ?? "http://localhost:4443";
const root = document.querySelector("#root");
if (!root) throw new TypeError("Expected an element with the id root");
createRoot(root).render(
  <Live relay={relay} name={query.get("name") ?? "demo"} />,
);
