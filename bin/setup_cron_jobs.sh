#!/bin/sh
# Installs the jobs into cron, or with --systemd into systemd timers; also removes, shows, checks and tries them.
set -eu
usage='usage: setup_cron_jobs.sh [--cron | --systemd] [options of stockml schedule install]
       setup_cron_jobs.sh {show|check|remove|undo|test JOB} [options]'
here=$(dirname -- "$(readlink -f -- "$0")")
stockml=$here/stockml
if [ ! -x "$stockml" ] && ! stockml=$(command -v stockml); then
    echo "setup_cron_jobs.sh: no stockml beside this script, and none on PATH; see README.md" >&2
    exit 3
fi
case ${1-} in
    -h | --help) echo "$usage" && exit 0 ;;
    show | check | remove | undo | test) ;;
    --cron | --systemd) set -- install "$@" ;;
    '' | -*) set -- install --cron "$@" ;;
    *) echo "$usage" >&2 && exit 2 ;;
esac
exec "$stockml" schedule "$@"
