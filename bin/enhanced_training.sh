#!/bin/sh
# Trains what is due; with --force alone every symbol. All other words are those of `stockml train`.
set -eu
usage='usage: enhanced_training.sh [--force] [SYMBOL...] [options of stockml train]'
here=$(dirname -- "$(readlink -f -- "$0")")
stockml=$here/stockml
if [ ! -x "$stockml" ] && ! stockml=$(command -v stockml); then
    echo "enhanced_training.sh: no stockml beside this script, and none on PATH; see README.md" >&2
    exit 3
fi
case ${1-} in
    -h | --help) echo "$usage" && exit 0 ;;
    --force) [ $# -gt 1 ] || set -- --all --force ;;
esac
exec "$stockml" train "$@"
