#!/bin/sh
# How this suite is run, here and by Orbit. BASE_URL says where the shop answers.
cd "$(dirname "$0")" || exit 1
exec /usr/bin/python3 -m pytest -p no:cacheprovider -q "$@"
