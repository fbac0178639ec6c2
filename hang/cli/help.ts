/**
 * What `--help` shows: everything, or one command.
 *
 * @module
 */

interface CommandHelp {
  /** One sentence. */
  readonly what: string;
  /** Behind the command's name, one line for each way to call it. */
  readonly usage: readonly string[];
  /** Options of its own, with what they mean. */
  readonly options: Readonly<Record<string, string>>;
  /** Whole command lines. */
  readonly examples: readonly string[];
}

const RELAY = "--url http://localhost:4443";

const COMMON: Readonly<Record<string, string>> = {
  "--url URL":
    "moqt://host:port (QUIC), https://host:port (WebTransport), or\nhttp://host:port, which pins the certificate the relay shows",
  "--name NAME": "path of the broadcast",
  "--fingerprint HEX": "trust the certificate with this SHA-256 and no other",
  "--seconds N": "end after N seconds",
};

const TRACKS: Readonly<Record<string, string>> = {
  "--format F": "mp4 (default), mkv, or raw: H.264 or H.265 alone",
  "--video TRACK": "this rendition, or none",
  "--audio TRACK": "this rendition, or none",
};

const CATALOG: Readonly<Record<string, string>> = {
  "--catalog FORM":
    "read the catalog of hang (default), the same compressed (hangz),\nor that of MSF (msf)",
};

const COMMANDS: Readonly<Record<string, CommandHelp>> = {
  publish: {
    what: "Sends media to a relay, in real time.",
    usage: [
      "--url URL --name NAME [--container KIND] [--h264 FPS] [--loop]\n                 [--form YEAR] [--allow-private] [--allow-outside]\n                 [FILE|PLAYLIST|-]...",
    ],
    options: {
      "--container KIND":
        "legacy (default), loc, or cmaf, which passes the fragments of\none fragmented MP4 through as they are",
      "--h264 FPS": "the input is plain H.264 with so many pictures a second",
      "--loop": "begin again at the end",
      "--form YEAR":
        "write the catalog for viewers of 2026 (default), of late 2025,\nor those before October 2025 (2025-arrays)",
      "--allow-private":
        "a playlist from a public address may name private ones",
      "--allow-outside":
        "a playlist on disk may name files outside of its folder",
      "FILE":
        "MP4, WebM, MKV, MPEG-TS or audio; several are renditions of one\nbroadcast; - is standard input, which is the default",
      "PLAYLIST": "HLS: a URL with http: or https:, or a file called .m3u8",
    },
    examples: [
      `hang publish ${RELAY} --name clock --loop clip.mp4`,
      `hang publish ${RELAY} --name film hd.mp4 sd.mp4`,
      `hang publish ${RELAY} --name film https://example.com/live/master.m3u8`,
      `ffmpeg -re -i in.mkv -c copy -f mp4 -movflags empty_moov+frag_keyframe - |\n    hang publish ${RELAY} --name film -`,
      `ffmpeg -re -i in.mp4 -c copy -f mp4 -movflags cmaf+separate_moof - |\n    hang publish ${RELAY} --name film --container cmaf -`,
    ],
  },
  subscribe: {
    what: "Writes what it receives to a file or to standard output.",
    usage: [
      "--url URL --name NAME [--format F] [--video TRACK] [--audio TRACK]\n                 [--catalog FORM] [--latency MS] [FILE|-]",
    ],
    options: {
      ...TRACKS,
      ...CATALOG,
      "--latency MS": "skip a group when newer media is this far ahead (500)",
    },
    examples: [
      `hang subscribe ${RELAY} --name film - | ffplay -`,
      `hang subscribe ${RELAY} --name film --audio none film.mp4`,
    ],
  },
  announced: {
    what: "Lists the broadcasts of a relay, as they come and go.",
    usage: ["--url URL [--name PREFIX]"],
    options: {},
    examples: [`hang announced ${RELAY}`],
  },
  catalog: {
    what: "Shows what a broadcast offers, as JSON.",
    usage: ["--url URL --name NAME [--catalog FORM] [--follow]"],
    options: {
      ...CATALOG,
      "--follow": "go on with every change",
    },
    examples: [`hang catalog ${RELAY} --name film`],
  },
  chat: {
    what: "Writes and reads in a room.",
    usage: ["--url URL --name ROOM/PERSON"],
    options: {},
    examples: [`hang chat ${RELAY} --name lobby/ada`],
  },
  record: {
    what: "Records a broadcast, or goes on with its recording.",
    usage: [
      "--url URL --name NAME [--dvr NAME] [--follow] [--sync WHEN] FOLDER",
    ],
    options: {
      "--dvr NAME":
        "serve what there is so far as this broadcast, with a timeline,\nfor those who want to go back",
      "--follow": "go on with the next publisher, until Ctrl-C",
      "--sync WHEN":
        "what a power cut may take: the last second (second, the default),\nwhat the system had not written yet (never), or nothing that is in\nthe recording (group)",
    },
    examples: [
      `hang record ${RELAY} --name film recording`,
      `hang record ${RELAY} --name film --dvr film/past --follow recording`,
    ],
  },
  replay: {
    what: "Serves a recording as a broadcast, live again from its beginning.",
    usage: ["--url URL --name NAME FOLDER"],
    options: {},
    examples: [`hang replay ${RELAY} --name again recording`],
  },
  export: {
    what: "Writes a recording into a file.",
    usage: [
      "[--format F] [--video TRACK] [--audio TRACK] FOLDER [FILE|-]",
    ],
    options: TRACKS,
    examples: ["hang export recording film.mp4"],
  },
  check: {
    what: "Says whether a recording is what was written, and repairs it.",
    usage: ["[--repair] FOLDER"],
    options: {
      "--repair":
        "put in order what can be; what is damaged is kept in files whose\nnames end in .damaged",
    },
    examples: ["hang check recording", "hang check --repair recording"],
  },
  "serve-hls": {
    what: "Serves a live broadcast, or a recording, to players of HLS.",
    usage: [
      "--url URL --name NAME [--listen HOST:PORT] [--window SECONDS]",
      "[--listen HOST:PORT] FOLDER",
    ],
    options: {
      "--listen HOST:PORT": "where players find it (127.0.0.1:8888)",
      "--window SECONDS": "how much the playlists list (30)",
    },
    examples: [
      `hang serve-hls ${RELAY} --name film --listen :8888`,
      "hang serve-hls --listen :8888 recording",
    ],
  },
};

/** What to show for `command`, for all of them when it is none. */
export function helpFor(command: string | undefined): string {
  const one = command !== undefined && Object.hasOwn(COMMANDS, command)
    ? COMMANDS[command]
    : undefined;
  if (!one || command === undefined) return overview();
  const hasRelay = one.usage.some((line) => line.includes("--url"));
  return [
    one.what,
    `\nUsage:\n${usageOf(command, one)}`,
    "",
    optionsOf({ ...(hasRelay && COMMON), ...one.options }),
    `\nExamples:\n${examplesOf([one])}`,
  ].join("\n") + "\n";
}

function overview(): string {
  const all = Object.entries(COMMANDS);
  return [
    "Media to a relay and from it: files, streams, recordings, HLS.",
    `\nUsage:\n${all.map(([name, one]) => usageOf(name, one)).join("\n")}`,
    "",
    optionsOf({
      ...COMMON,
      "--help, --version": "hang COMMAND --help says what its options mean",
    }),
    `\nExamples:\n${examplesOf(all.map(([, one]) => one))}`,
  ].join("\n") + "\n";
}

function usageOf(name: string, { usage }: CommandHelp): string {
  return usage.map((line) => `  hang ${name.padEnd(9)} ${line}`).join("\n");
}

const INDENT = " ".repeat(22);

function optionsOf(options: Readonly<Record<string, string>>): string {
  return Object.entries(options).map(([name, meaning]) =>
    `  ${name.padEnd(19)} ${meaning.replaceAll("\n", `\n${INDENT}`)}`
  ).join("\n");
}

function examplesOf(commands: readonly CommandHelp[]): string {
  return commands.flatMap(({ examples }) => examples)
    .map((line) => `  ${line}`).join("\n");
}
