#!/usr/bin/env bash
# Makes clip.mp4 beside this file again: hills that pass by at dusk, a running
# clock and a tone, in ten seconds whose end fits their beginning.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly STILL="trim=end_frame=1"
readonly HOLD="loop=-1:1,setpts=N/30/TB"

# blend FROM TO: a colour channel of the sky from top to bottom, and the sun in it.
blend() {
  local sun=$3
  local sky="($1+($2-$1)*pow(min(Y/230\,1)\,1.3))"
  local far="hypot(X-205\,Y-122)"
  echo "${sky}+(${sun}-${sky})*max(clip(58.5-${far}\,0\,1)\,0.5*exp(-max(${far}-58\,0)/50))"
}

# hills COLOUR BASE HEIGHT SPEED: a range of hills as wide as it moves in ten seconds, and once the picture besides.
hills() {
  local colour=$1 base=$2 height=$3 speed=$4 period=$(($4 * 10))
  local turn="2*PI*X/${period}"
  local top="${base}-${height}*(sin(${turn})+0.5*sin(3*${turn}+${base})+0.25*sin(7*${turn}))"
  echo "color=${colour}:s=$((period + 640))x360:r=30,format=rgba,${STILL},geq=r='r(X\,Y)':g='g(X\,Y)':b='b(X\,Y)':a='255*clip(Y-(${top})\,0\,1)',${HOLD}"
}

ffmpeg -y -v error \
  -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=10" \
  -filter_complex "
    color=s=640x360:r=30,format=rgb24,${STILL},geq=r='$(blend 44 255 255)':g='$(blend 14 92 214)':b='$(blend 196 84 96)',${HOLD}[sky];
    $(hills 0xd0226e 205 14 30)[far];
    $(hills 0x8a1cc0 240 20 60)[middle];
    $(hills 0x3d14bc 280 24 90)[near];
    $(hills 0x120838 330 22 120)[dark];
    [sky][far]overlay=x='-mod(t*30\,300)'[one];
    [one][middle]overlay=x='-mod(t*60\,600)'[two];
    [two][near]overlay=x='-mod(t*90\,900)'[three];
    [three][dark]overlay=x='-mod(t*120\,1200)',
    drawtext=text='%{pts\:hms}':fontsize=48:fontcolor=white:x=(w-tw)/2:y=190[picture]" \
  -map "[picture]" -map 0:a -t 10 \
  -c:v libx264 -profile:v main -preset slow -crf 15 -pix_fmt yuv420p -bf 0 \
  -g 30 -keyint_min 30 -sc_threshold 0 -c:a aac -b:a 64k -ac 2 \
  -movflags +frag_keyframe+delay_moov+default_base_moof "${1:-clip.mp4}"
