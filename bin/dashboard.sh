#!/bin/sh
# Opens the live dashboard. All words are those of `stockml dashboard`.
set -eu
here=$(dirname -- "$(readlink -f -- "$0")")
stockml=$here/stockml
if [ ! -x "$stockml" ] && ! stockml=$(command -v stockml); then
    echo "dashboard.sh: no stockml beside this script, and none on PATH; see README.md" >&2
    exit 3
fi
exec "$stockml" dashboard "$@"
