#!/bin/sh
# Stops the edge and waits until it is gone. A number in the pid file that belongs to another program by now is left alone.
cd "$(dirname "$0")/.." || exit 1
[ -z "${EDGE_DIARY:-}" ] || { echo "stop" >> "$EDGE_DIARY" && sync "$EDGE_DIARY"; }
[ -f run/nginx.pid ] || exit 0
pid=$(cat run/nginx.pid)
ours() { tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF "nginx -p $PWD "; }
if ours; then
  kill -QUIT "$pid"
  tries=60
  while ours && [ $tries -gt 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
  ours && kill "$pid"
fi
rm -f run/nginx.pid
