/**
 * A page that publishes its camera and microphone with the element `moq-publish` from
 * npm, which is in the bundle.
 *
 * @module
 */
const element = document.createElement("moq-publish");

/** Starts to publish to the relay at `url` as `name`. */
globalThis.publish = ({ url, name, webSocket }) => {
  element.connection.websocket = { enabled: webSocket };
  element.setAttribute("url", url);
  element.setAttribute("name", name);
  element.setAttribute("source", "camera");
  document.body.append(element);
};

/** The agreed draft, once connected. */
globalThis.version = () => element.connection.established.peek()?.version;
