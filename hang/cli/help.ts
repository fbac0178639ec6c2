/**
 * What `--help` shows.
 *
 * @module
 */

/** Shown by `--help`. */
export const HELP = `Publishes media to a relay, or writes what it receives.

Usage:
  hang publish   --url URL --name NAME [--container KIND] [--h264 FPS] [--loop]
                 [--form YEAR] [FILE|-]...
  hang subscribe --url URL --name NAME [--format mp4|mkv|raw] [--video TRACK]
                 [--audio TRACK] [--catalog FORM] [--latency MS] [FILE|-]
  hang announced --url URL [--name PREFIX]
  hang catalog   --url URL --name NAME [--catalog FORM] [--follow]
  hang chat      --url URL --name ROOM/PERSON
  hang record    --url URL --name NAME [--dvr NAME] [--follow] FOLDER
  hang replay    --url URL --name NAME FOLDER
  hang serve-hls --url URL --name NAME [--listen HOST:PORT] [--window SECONDS]
  hang serve-hls [--listen HOST:PORT] FOLDER
  hang export    [--format mp4|mkv|raw] [--video TRACK] [--audio TRACK] FOLDER [FILE|-]

  --url URL          moqt://host:port (QUIC), https://host:port (WebTransport), or
                     http://host:port, which pins the certificate the relay shows
  --name NAME        path of the broadcast
  --fingerprint HEX  trust the certificate with this SHA-256 and no other
  --seconds N        end after N seconds
  --container KIND   publish: legacy (default), loc, or cmaf, which passes the
                     fragments of one fragmented MP4 through as they are
  --h264 FPS         publish: the input is plain H.264 with so many pictures a second
  --loop             publish: begin again at the end
  --form YEAR        publish: write the catalog for viewers of 2026 (default), of late
                     2025, or those before October 2025 (2025-arrays)
  --format F         subscribe: mp4 (default), mkv, or raw: H.264 or H.265 alone
  --video TRACK      subscribe: this rendition, or none; --audio likewise
  --catalog FORM     read the catalog of hang (default), the same compressed (hangz),
                     or that of MSF (msf)
  --latency MS       subscribe: skip a group when newer media is this far ahead (500)
  --follow           catalog: go on with every change; record: with the next publisher
  --dvr NAME         record: past groups can be fetched from this broadcast meanwhile
  --listen ADDRESS   serve-hls: where players find it (127.0.0.1:8888)
  --window SECONDS   serve-hls: how much the playlists list (30)
  FILE               MP4, WebM, MKV, MPEG-TS or audio to publish; several are
                     renditions of one broadcast. To write: one file. - is standard
                     input or output, which is the default
  --help, --version

Examples:
  hang publish --url http://localhost:4443 --name clock --loop clip.mp4
  hang publish --url http://localhost:4443 --name film hd.mp4 sd.mp4
  ffmpeg -re -i in.mkv -c copy -f mp4 -movflags empty_moov+frag_keyframe - |
    hang publish --url http://localhost:4443 --name film -
  ffmpeg -re -i in.mp4 -c copy -f mp4 -movflags cmaf+separate_moof - |
    hang publish --url http://localhost:4443 --name film --container cmaf -
  hang subscribe --url http://localhost:4443 --name film - | ffplay -
  hang subscribe --url http://localhost:4443 --name film --audio none film.mp4
  hang chat --url http://localhost:4443 --name lobby/ada
  hang record --url http://localhost:4443 --name film --dvr film/past recording
  hang replay --url http://localhost:4443 --name again recording
  hang export recording film.mp4
  hang serve-hls --url http://localhost:4443 --name film --listen :8888
  hang serve-hls --listen :8888 recording
`;
