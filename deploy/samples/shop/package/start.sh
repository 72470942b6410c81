#!/bin/sh
# Starts the shop on SHOP_PORT and returns at once; the health probe says when it answers.
cd "$(dirname "$0")" || exit 1
: "${SHOP_PORT:?}"
mkdir -p run
[ -z "${SHOP_DIARY:-}" ] || { echo "start $SHOP_PORT" >> "$SHOP_DIARY" && sync "$SHOP_DIARY"; }
PYTHONDONTWRITEBYTECODE=1 setsid /usr/bin/python3 "$PWD/bin/shop.py" >> run/shop.log 2>&1 < /dev/null &
echo $! > run/shop.pid
