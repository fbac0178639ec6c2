#!/bin/sh
# moqsink.sh url=URL broadcast=NAME [tls-fingerprint=HEX] [tls-disable-verify=true] PIPELINE...
# Publishes what PIPELINE sends to the element "mux". README.md has an example.
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

gst-launch-1.0 -q -e "$@" \
  matroskamux name=mux streamable=true \
  min-cluster-duration=0 max-cluster-duration=50000000 ! fdsink fd=1 |
  # shellcheck disable=SC2086  # HANG is a command with arguments
  $hang publish --url "$url" --name "$broadcast" \
    ${fingerprint:+--fingerprint "$fingerprint"} -
