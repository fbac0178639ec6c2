import { useState } from "react";
import { createRoot } from "react-dom/client";
import { HangWatch } from "@moq-deno/hang/react";
import "@moq-deno/hang/ui/hang-watch";

function Live(props: { url: string; name: string }) {
  const [text, setText] = useState("");
  const [muted, setMuted] = useState(true);
  return (
    <figure>
      <HangWatch {...props} muted={muted} onstatechange={(event) => setText(event.detail.text)} />
      <figcaption>{text}</figcaption>
      <button onClick={() => setMuted(!muted)}>{muted ? "Sound on" : "Sound off"}</button>
    </figure>
  );
}

const query = new URLSearchParams(location.search);
const root = createRoot(document.querySelector("#root")!);
root.render(
  <Live url={query.get("relay") ?? "http://localhost:4443"} name={query.get("name") ?? "demo"} />,
);
