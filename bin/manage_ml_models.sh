#!/bin/sh
# One word for each thing that is done with models; what follows the word goes to the stockml command as it is.
set -eu
usage='usage: manage_ml_models.sh WORD [SYMBOL...] [options]

  train-all      train every symbol              stockml train --all
  train          train what is due, or SYMBOLs   stockml train
  quick-train    train with a tiny budget        stockml quick-train
  evaluate       judge the procedure             stockml evaluate
  predict        forecast                        stockml predict
  settle         give forecasts their outcome    stockml settle
  monitor        look at everything once         stockml monitor
  status         the fleet on one screen         stockml status
  why            explain a symbol                stockml why
  versions       versions of a symbol            stockml versions
  history        accuracy over time              stockml history
  logs           the logs                        stockml logs
  promote        deploy a version by hand        stockml promote
  rollback       return to the previous one      stockml rollback
  audit          look for look-ahead             stockml audit
  backup         back up, or backup list, ...    stockml backup
  restore        give back a symbol or all       stockml backup restore
  verify-backup  prove that a backup restores    stockml backup verify
  clean          remove what is not kept         stockml clean
  schedule       jobs of cron and systemd        stockml schedule
  doctor         check machine and workspace     stockml doctor'
here=$(dirname -- "$(readlink -f -- "$0")")
stockml=$here/stockml
if [ ! -x "$stockml" ] && ! stockml=$(command -v stockml); then
    echo "manage_ml_models.sh: no stockml beside this script, and none on PATH; see README.md" >&2
    exit 3
fi
word=${1-}
[ $# -eq 0 ] || shift
case $word in
    train | quick-train | evaluate | predict | settle | monitor | status | why | versions | history) set -- "$word" "$@" ;;
    logs | promote | rollback | audit | backup | clean | schedule | doctor) set -- "$word" "$@" ;;
    train-all) set -- train --all "$@" ;;
    restore) set -- backup restore "$@" ;;
    verify-backup) set -- backup verify "$@" ;;
    -h | --help | help) echo "$usage" && exit 0 ;;
    *) echo "$usage" >&2 && exit 2 ;;
esac
exec "$stockml" "$@"
