#!/bin/sh
# moqsrc.sh url=URL broadcast=NAME [tls-fingerprint=HEX] [tls-disable-verify=true] PIPELINE...
# Plays a broadcast in PIPELINE, which reads src.video_0 and src.audio_0.
set -eu

url='' broadcast='' fingerprint='' verify=true
while [ $# -gt 0 ]; do
  case $1 in
    url=*) url=${1#*=} ;;
    broadcast=* | name=*) broadcast=${1#*=} ;;
    tls-fingerprint=*) fingerprint=${1#*=} ;;
    tls-disable-verify=true) verify=false ;;
    tls-disable-verify=false) verify=true ;;
    *) break ;;
  esac
  shift
done
# Over http:// the tool trusts the certificate that the relay shows.
[ "$verify" = true ] || url=http://${url#*://}

hang=${HANG:-deno run -A $(dirname "$0")/../../hang/cli/main.ts}

# shellcheck disable=SC2086  # HANG is a command with arguments
$hang subscribe --url "$url" --name "$broadcast" --format mkv \
  ${fingerprint:+--fingerprint "$fingerprint"} - |
  gst-launch-1.0 -q -e fdsrc fd=0 ! matroskademux name=src "$@"
