/**
 * A page that publishes its camera and microphone with the element
 * `moq-publish` from npm, which its bundle brings along.
 *
 * @module
 */
const element = document.createElement("moq-publish");

/** Begins to publish at the relay at `url` as `name`. */
globalThis.publish = ({ url, name, webSocket }) => {
  element.connection.websocket = { enabled: webSocket };
  element.setAttribute("url", url);
  element.setAttribute("name", name);
  element.setAttribute("source", "camera");
  document.body.append(element);
};

/** What draft it speaks, once it does. */
globalThis.version = () => element.connection.established.peek()?.version;
