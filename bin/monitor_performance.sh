#!/bin/sh
# Looks at the fleet once; --continuous goes on; --report [FILE] also writes a page. The rest is for `stockml monitor`.
set -eu
usage='usage: monitor_performance.sh [--continuous | --report [FILE.html|FILE.json]] [options of stockml monitor]'
here=$(dirname -- "$(readlink -f -- "$0")")
stockml=$here/stockml
if [ ! -x "$stockml" ] && ! stockml=$(command -v stockml); then
    echo "monitor_performance.sh: no stockml beside this script, and none on PATH; see README.md" >&2
    exit 3
fi
case ${1-} in
    -h | --help) echo "$usage" && exit 0 ;;
    --report)
        shift
        case ${1-} in
            '' | -*) set -- --report performance_report.html "$@" ;;
            *) set -- --report "$@" ;;
        esac
        ;;
esac
exec "$stockml" monitor "$@"
