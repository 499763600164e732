#!/usr/bin/env bash
# Runs a command on a "machine" of its own for tests: its own mounts and processes, and nothing outside can be written
# but one folder. Needs root, and the Debian packages util-linux, cron and systemd.
#
#   private_machine.sh cron FOLDER COMMAND...     an empty cron spool and a running cron daemon
#   private_machine.sh user FOLDER COMMAND...     a running `systemd --user` of the calling user
#   private_machine.sh system FOLDER COMMAND...   systemd as process 1
#
# FOLDER stays writable, the rest of the disk is read-only; /tmp, /run, cron's tables and systemd's folders are empty
# and vanish with the command, whose exit status is passed on. A systemd that boots would run what the distribution
# wants at boot, and Debian's tmpfiles empties /tmp: so none of that is to be seen, and /tmp is another one besides.
# What makes systemd run where process 1 is another: /run/systemd/system, which means "booted with systemd", and a
# control group of its own in the named v1 hierarchy, the unified one, or both.
set -euo pipefail

me=$(readlink -f -- "$0")
if [ "${1:-}" != --inside ]; then
    kind=${1:?usage: $0 cron|user|system FOLDER COMMAND...} folder=$(readlink -f -- "${2:?a folder}")
    shift 2
    result=$(mktemp -d -- "$folder/.machine-XXXXXX")
    group=stockml-test-$$
    groups=()
    for base in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [ -f "$base/cgroup.procs" ] && groups+=("$base/$group")
    done
    # shellcheck disable=SC2317  # run by the trap
    clean() {
        [ -z "${machine:-}" ] || kill -KILL "$machine" 2>/dev/null || true
        while [ -n "${machine:-}" ] && kill -0 "$machine" 2>/dev/null; do sleep 0.05; done
        for place in "${groups[@]}"; do
            for _ in 1 2 3 4 5 6 7 8 9 10; do
                find "$place" -depth -type d -exec rmdir {} \; 2>/dev/null || true
                [ -d "$place" ] || break
                sleep 0.2
            done
        done
        rm -f -- "$result/status" "$result/said"
        rmdir -- "$result"
    }
    trap clean EXIT
    trap 'exit 143' TERM INT HUP
    mkdir -p "${groups[@]}"
    (
        for place in "${groups[@]}"; do echo "$BASHPID" > "$place/cgroup.procs"; done
        exec unshare --mount --pid --ipc --uts --net --cgroup --fork --mount-proc --kill-child \
            bash "$me" --inside "$kind" "$folder" "$result" "$@"
    ) &
    machine=$!
    disown "$machine"
    while kill -0 "$machine" 2>/dev/null && ! [ -s "$result/status" ]; do sleep 0.1; done
    status=$(cat "$result/status" 2>/dev/null || echo 1)
    [ ! -f "$result/said" ] || cat "$result/said"
    exit "$status"
fi

kind=$2 folder=$3 result=$4
shift 4
mount --make-rprivate /
empty() { if [ -d "$1" ]; then mount -t tmpfs -o "mode=${2:-755}" tmpfs "$1"; fi; }

mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/folder /run/lock
mount --bind "$folder" /run/folder
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -p "$folder"
mount --bind /run/folder "$folder"
umount /run/folder
mount -o remount,bind,ro /
mount -o remount,bind,ro /dev
mount -o remount,bind,ro /sys
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
if touch /usr/written 2>/dev/null || touch /etc/written 2>/dev/null; then
    echo "the disk is not read-only" >&2
    exit 1
fi
cd "$folder"

if [ "$kind" = cron ]; then
    empty /etc/cron.d
    mount -t tmpfs -o mode=1730,gid=crontab tmpfs /var/spool/cron/crontabs
    : > /run/empty
    [ ! -f /etc/crontab ] || mount --bind /run/empty /etc/crontab
    cron
    status=0
    "$@" || status=$?
    echo "$status" > "$result/status"
    exit
fi

hybrid=$([ -d /sys/fs/cgroup/systemd ] && echo yes || echo no)
umount -l /sys/fs/cgroup
if [ "$hybrid" = yes ]; then
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mkdir -p /run/systemd/system
for place in /etc/systemd/system /var/lib/systemd /var/log \
    /{etc,usr/lib}/{tmpfiles,sysusers,sysctl,binfmt,modules-load}.d \
    /usr/lib/systemd/system-generators /usr/lib/systemd/system/*.target.wants; do
    empty "$place"
done

if [ "$kind" = user ]; then
    XDG_RUNTIME_DIR=/run/user/$(id -u)
    mkdir -p "$XDG_RUNTIME_DIR"
    chmod 700 "$XDG_RUNTIME_DIR"
    export XDG_RUNTIME_DIR
    unset DBUS_SESSION_BUS_ADDRESS
    /lib/systemd/systemd --user --log-target=console 2>"$XDG_RUNTIME_DIR/manager.log" &
    for _ in $(seq 100); do
        [ -S "$XDG_RUNTIME_DIR/systemd/private" ] && break
        sleep 0.1
    done
    status=0
    "$@" || status=$?
    echo "$status" > "$result/status"
    exit
fi

# The command becomes a unit: it starts when systemd is up and sees what the caller saw. Its output comes at the end.
{
    export -p
    printf 'cd %q || exit 1\n' "$folder"
    printf '%q ' "$@"
    printf '\necho $? > %q\n' "$result/status"
} > /run/command
cat > /etc/systemd/system/command.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
Type=exec
ExecStart=/bin/bash /run/command
StandardOutput=file:$result/said
StandardError=inherit
UNIT
printf '[Unit]\nDefaultDependencies=no\nWants=command.service\n' > /etc/systemd/system/command.target
export container=other
exec /lib/systemd/systemd --system --unit=command.target --log-target=null --show-status=false </dev/null
