#!/bin/sh
# Stops the shop and waits until it is gone. A number in the pid file that belongs to another program by now is left alone.
cd "$(dirname "$0")" || exit 1
[ -z "${SHOP_DIARY:-}" ] || { echo "stop" >> "$SHOP_DIARY" && sync "$SHOP_DIARY"; }
[ -f run/shop.pid ] || exit 0
pid=$(cat run/shop.pid)
ours() { tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF "$PWD/bin/shop.py"; }
if ours; then
  kill "$pid"
  tries=100
  while ours && [ $tries -gt 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
  ours && kill -9 "$pid"
fi
rm -f run/shop.pid
