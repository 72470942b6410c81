#!/bin/sh
# Starts the edge on EDGE_PORT.
cd "$(dirname "$0")/.." || exit 1
: "${EDGE_PORT:?}"
mkdir -p run logs
[ -z "${EDGE_DIARY:-}" ] || { echo "start" >> "$EDGE_DIARY" && sync "$EDGE_DIARY"; }
user=
[ "$(id -u)" != 0 ] || user='user root;' # workers must be able to read where it is installed
sed -e "s/@PORT@/$EDGE_PORT/" -e "s/@USER@/$user/" conf/nginx.conf.in > run/nginx.conf
cp conf/rules.conf run/rules.conf
exec /usr/sbin/nginx -p "$PWD" -e logs/error.log -c run/nginx.conf < /dev/null
