/**
 * What the command line asks for: one type for each command.
 *
 * @module
 */
import type { CatalogFormat } from "../catalog/consumer.ts";
import type { CatalogForm } from "../catalog/write_2025.ts";
import type { SyncMode } from "./folder_store.ts";
import type { PlaylistGrants } from "./hls_files.ts";

/** What every command needs to reach a relay. */
export interface RelayArguments {
  /** Where the relay is. */
  readonly url: URL;
  /** The broadcast's path below the URL's. */
  readonly name: string;
  /** SHA-256 of the relay's certificate, when it is not one that is trusted anyway. */
  readonly fingerprint: string | undefined;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** `publish`. */
export interface PublishArguments extends RelayArguments {
  readonly command: "publish";
  /** The media, each of them renditions of the broadcast; `-` is standard input. */
  readonly files: readonly string[];
  /** How samples are packed; `cmaf` passes fragments through. */
  readonly container: "legacy" | "loc" | "cmaf";
  /** Pictures per second when the input is plain H.264. */
  readonly h264: number | undefined;
  /** Begin again at the end. */
  readonly loop: boolean;
  /** For viewers of which year the catalog is written. */
  readonly form: CatalogForm;
  /** What a playlist may name beside what is usual. */
  readonly allow: PlaylistGrants;
}

/** `subscribe`. */
export interface SubscribeArguments extends RelayArguments {
  readonly command: "subscribe";
  /** Where to write; `-` is standard output. */
  readonly file: string;
  /** What to write: MP4, Matroska, or the video alone as H.264 or H.265. */
  readonly format: "mp4" | "mkv" | "raw";
  /** Which catalog is read. */
  readonly catalog: CatalogFormat;
  /** Track of the video, `false` for none, the first one when not given. */
  readonly video: string | false | undefined;
  /** Track of the audio, `false` for none, the first one when not given. */
  readonly audio: string | false | undefined;
  /** How far newer media may be ahead before a late group is skipped, in milliseconds. */
  readonly latencyMs: number;
}

/** `announced`. */
export interface AnnouncedArguments extends RelayArguments {
  readonly command: "announced";
}

/** `catalog`. */
export interface CatalogArguments extends RelayArguments {
  readonly command: "catalog";
  /** Which catalog is read. */
  readonly catalog: CatalogFormat;
  /** Go on with every change. */
  readonly follow: boolean;
}

/** `chat`. */
export interface ChatArguments extends RelayArguments {
  readonly command: "chat";
}

/** `record`. */
export interface RecordArguments extends RelayArguments {
  readonly command: "record";
  /** Where the recording goes. */
  readonly folder: string;
  /** Path under which its groups can be fetched meanwhile. */
  readonly dvr: string | undefined;
  /** Go on with the next publisher. */
  readonly follow: boolean;
  /** When what was written is safe from a power cut. */
  readonly sync: SyncMode;
}

/** `replay`. */
export interface ReplayArguments extends RelayArguments {
  readonly command: "replay";
  /** Where the recording is. */
  readonly folder: string;
}

/** `export`. */
export interface ExportArguments extends
  Pick<
    SubscribeArguments,
    "file" | "format" | "video" | "audio" | "seconds"
  > {
  readonly command: "export";
  /** Where the recording is. */
  readonly folder: string;
}

/** `check`. */
export interface CheckArguments {
  readonly command: "check";
  /** Where the recording is. */
  readonly folder: string;
  /** Put in order what can be. */
  readonly repair: boolean;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** `serve-hls` of a live broadcast. */
export interface ServeLiveArguments extends RelayArguments {
  readonly command: "serve-hls";
  /** Where players find it. */
  readonly listen: ListenAddress;
  /** How much the playlists list, in seconds. */
  readonly windowSeconds: number;
  /** It is live. */
  readonly folder?: undefined;
}

/** `serve-hls` of a recording. */
export interface ServeRecordedArguments {
  readonly command: "serve-hls";
  /** Where players find it. */
  readonly listen: ListenAddress;
  /** Where the recording is. */
  readonly folder: string;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** An address to listen on. */
export interface ListenAddress {
  /** Name or number. */
  readonly hostname: string;
  /** 0 is any that is free. */
  readonly port: number;
}

/** A command to carry out. */
export type CommandArguments =
  | PublishArguments
  | SubscribeArguments
  | AnnouncedArguments
  | CatalogArguments
  | ChatArguments
  | RecordArguments
  | ReplayArguments
  | ExportArguments
  | CheckArguments
  | ServeLiveArguments
  | ServeRecordedArguments
  | { readonly command: "help"; readonly about: string | undefined }
  | { readonly command: "version" };
