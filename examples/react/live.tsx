/**
 * A live broadcast in React: the element `<hang-watch>` with props, and its
 * state as state.
 *
 * @module
 */
import {
  type FC,
  type ReactElement,
  type Ref,
  useEffect,
  useRef,
  useState,
} from "react";
import type { HangWatchElement } from "@moq-deno/hang/ui/hang-watch";
import "@moq-deno/hang/ui/hang-watch";

interface HangWatchProps {
  readonly ref: Ref<HangWatchElement>;
  readonly url: string;
  readonly name: string;
  readonly muted: boolean;
}

// React takes a string for an element of the page; this is the string, with types.
const HangWatch = "hang-watch" as unknown as FC<HangWatchProps>;

/** What to watch. */
export interface LiveProps {
  /** The relay's URL. */
  readonly relay: string;
  /** The broadcast's path. */
  readonly name: string;
}

/** The picture with its controls, a sentence on how it is doing, and a button for the sound. */
export function Live({ relay, name }: LiveProps): ReactElement {
  const player = useRef<HangWatchElement>(null);
  const [text, setText] = useState("");
  const [isMuted, setMuted] = useState(true);
  useEffect(() => {
    const element = player.current;
    if (!element) return;
    const tell = () => setText(element.state.text);
    tell();
    element.addEventListener("statechange", tell);
    return () => element.removeEventListener("statechange", tell);
  }, []);
  return (
    <figure>
      <HangWatch ref={player} url={relay} name={name} muted={isMuted} />
      <figcaption>{text}</figcaption>
      <button type="button" onClick={() => setMuted(!isMuted)}>
        {isMuted ? "Sound on" : "Sound off"}
      </button>
    </figure>
  );
}
