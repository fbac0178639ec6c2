import assert from "node:assert/strict";
import { captionTracks, textOfVtt } from "./captions.ts";

Deno.test("textOfVtt: cues alone, without headings, names, timings and tags", () => {
  assert.equal(textOfVtt("plain words"), "plain words");
  assert.equal(
    textOfVtt(
      "WEBVTT - title\n\nNOTE\nnobody reads this\n\nintro\n00:01.000 --> 00:02.500 line:0\n<v Ann>Fish &amp; chips,\nplease &lt;3\n\n1:00:03.000 --> 1:00:04.000\n<i>Thanks</i>\n",
    ),
    "Fish & chips,\nplease <3\nThanks",
  );
});

Deno.test("captionTracks: showable tracks by their best names", () => {
  const tracks = captionTracks({
    text: {
      renditions: {
        "t/en": { format: "vtt", label: "English", lang: "en" },
        "t/de": { format: "utf8", lang: "de" },
        "t/x": { format: "ttml" },
      },
    },
    audio: { renditions: {}, captions: { track: { name: "said" } } },
  });
  assert.deepEqual(
    tracks.map(({ name, label, format }) => [name, label, format]),
    [
      ["t/en", "English", "vtt"],
      ["t/de", "de", "utf8"],
      ["said", "Captions", "utf8"],
    ],
  );
});
