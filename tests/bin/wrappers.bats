#!/usr/bin/env bats
# The wrappers in bin/: which stockml they find from where, which words they hand on, and how they end.
bats_require_minimum_version 1.5.0

setup() {
    bin=$(cd "$BATS_TEST_DIRNAME/../../bin" && pwd)
    tree="$BATS_TEST_TMPDIR/a check out"
    mkdir -p "$tree/.venv/bin" "$BATS_TEST_TMPDIR/else where"
    cp "$bin"/* "$tree/"
    mkdir "$tree/bin" && mv "$tree"/*.sh "$tree/stockml" "$tree/bin/"
    # In place of the environment's python: tells each word it was given in <>, and ends with $STATUS.
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'printf "<%s>" "$@"' 'echo' 'exit "${STATUS:-0}"' >"$tree/.venv/bin/python"
    chmod +x "$tree/.venv/bin/python"
    cd "$BATS_TEST_TMPDIR/else where" || return 1
}

given() { # what stockml was given by the last run, without python's own words
    [ "$output" = "<-m><stockml>$1" ] || { echo "got $output, not $1"; return 1; }
}

@test "shellcheck has nothing to say about any of them" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    shellcheck "$bin"/*.sh "$bin/stockml"
}

@test "enhanced training trains what is due, and with --force alone every symbol" {
    run "$tree/bin/enhanced_training.sh" && given "<train>"
    run "$tree/bin/enhanced_training.sh" --force && given "<train><--all><--force>"
    run "$tree/bin/enhanced_training.sh" --force NVDA && given "<train><--force><NVDA>"
    run "$tree/bin/enhanced_training.sh" --dry-run && given "<train><--dry-run>"
}

@test "every word of manage_ml_models becomes its command, with what follows it" {
    for word in train quick-train evaluate predict settle monitor status why versions history logs promote rollback \
        audit backup clean schedule doctor; do
        run "$tree/bin/manage_ml_models.sh" "$word" A --json && given "<$word><A><--json>"
    done
    run "$tree/bin/manage_ml_models.sh" train-all && given "<train><--all>"
    run "$tree/bin/manage_ml_models.sh" train AMZN AUR PLTR && given "<train><AMZN><AUR><PLTR>"
    run "$tree/bin/manage_ml_models.sh" restore NVDA && given "<backup><restore><NVDA>"
    run "$tree/bin/manage_ml_models.sh" verify-backup && given "<backup><verify>"
}

@test "its usage names every word it knows and no other" {
    run "$tree/bin/manage_ml_models.sh" --help
    [ "$status" -eq 0 ]
    for word in $(printf '%s\n' "$output" | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
        run "$tree/bin/manage_ml_models.sh" "$word"
        [ "$status" -eq 0 ]
    done
}

@test "an unknown word, or none, is told the usage on standard error and ends with 2" {
    for word in nonsense '' Train; do
        run --separate-stderr "$tree/bin/manage_ml_models.sh" "$word"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        # shellcheck disable=SC2154
        [[ "$stderr" == usage:* ]]
    done
    run "$tree/bin/manage_ml_models.sh" && [ "$status" -eq 2 ]
    run "$tree/bin/setup_cron_jobs.sh" nonsense && [ "$status" -eq 2 ]
}

@test "monitor_performance hands on its two words and gives a report a name where none is said" {
    run "$tree/bin/monitor_performance.sh" && given "<monitor>"
    run "$tree/bin/monitor_performance.sh" --continuous --interval 60 && given "<monitor><--continuous><--interval><60>"
    run "$tree/bin/monitor_performance.sh" --report && given "<monitor><--report><performance_report.html>"
    run "$tree/bin/monitor_performance.sh" --report --offline && given "<monitor><--report><performance_report.html><--offline>"
    run "$tree/bin/monitor_performance.sh" --report 'my page.html' && given "<monitor><--report><my page.html>"
}

@test "setup_cron_jobs installs into cron, or into systemd where asked" {
    run "$tree/bin/setup_cron_jobs.sh" && given "<schedule><install><--cron>"
    run "$tree/bin/setup_cron_jobs.sh" --systemd --dry-run && given "<schedule><install><--systemd><--dry-run>"
    run "$tree/bin/setup_cron_jobs.sh" --dry-run && given "<schedule><install><--cron><--dry-run>"
    run "$tree/bin/setup_cron_jobs.sh" remove && given "<schedule><remove>"
    run "$tree/bin/setup_cron_jobs.sh" test monitoring && given "<schedule><test><monitoring>"
}

@test "the dashboard is opened with the words that were given" {
    run "$tree/bin/dashboard.sh" --home 'a b' && given "<dashboard><--home><a b>"
}

@test "words with blanks, stars, quotes and nothing in them arrive as they were" {
    # shellcheck disable=SC2016
    run "$tree/bin/manage_ml_models.sh" promote NVDA V --reason 'two  words * $HOME "quoted"' ''
    # shellcheck disable=SC2016
    given '<promote><NVDA><V><--reason><two  words * $HOME "quoted"><>'
}

@test "the exit status is passed on" {
    for status_wanted in 1 2 3 4 130; do
        for script in enhanced_training.sh monitor_performance.sh setup_cron_jobs.sh dashboard.sh; do
            STATUS=$status_wanted run "$tree/bin/$script"
            [ "$status" -eq "$status_wanted" ]
        done
        STATUS=$status_wanted run "$tree/bin/manage_ml_models.sh" status
        [ "$status" -eq "$status_wanted" ]
    done
}

@test "they find their checkout through a link, a chain of links and a relative one" {
    for script in "$tree"/bin/*.sh; do
        name=$(basename "$script")
        ln -s "$script" one
        ln -s "$PWD/one" two
        (cd .. && ln -s "else where/two" "three $name")
        for link in ./one ./two "../three $name"; do
            run "$link" --help
            [ "$status" -eq 0 ]
            [[ "$output" == usage:* || "$output" == *"<--help>" ]]
        done
        rm one two
    done
    ln -s "../a check out/bin/manage_ml_models.sh" relative
    run ./relative status && given "<status>"
    PATH="$PWD:$PATH" run relative status && given "<status>"
}

@test "they work without any environment, and with CDPATH set" {
    run env -i "$tree/bin/manage_ml_models.sh" status && given "<status>"
    run env -i "$tree/bin/enhanced_training.sh" && given "<train>"
    run env -i "$tree/bin/monitor_performance.sh" && given "<monitor>"
    run env -i "$tree/bin/setup_cron_jobs.sh" && given "<schedule><install><--cron>"
    run env -i "$tree/bin/dashboard.sh" && given "<dashboard>"
    mkdir bin
    cd "$tree"
    CDPATH=".:$BATS_TEST_TMPDIR/else where:/" run bin/manage_ml_models.sh status && given "<status>"
    CDPATH="$BATS_TEST_TMPDIR/else where" run bin/enhanced_training.sh && given "<train>"
}

@test "a name that begins with a dash is no option" {
    cp "$tree/bin/dashboard.sh" "$tree/bin/-x.sh"
    cd "$tree/bin"
    run ./-x.sh && given "<dashboard>"
}

@test "a copy elsewhere uses the stockml on PATH, and says so where there is none" {
    mkdir path
    printf '%s\n' '#!/bin/sh' 'printf "<%s>" installed "$@"' >path/stockml
    chmod +x path/stockml
    for script in "$tree"/bin/*.sh; do
        cp "$script" .
        name=./$(basename "$script")
        word=
        [ "$name" != ./manage_ml_models.sh ] || word=status
        PATH="$PWD/path:/usr/bin:/bin" run "$name" ${word:+"$word"}
        [ "$status" -eq 0 ]
        [[ "$output" == "<installed><"* ]]
        PATH=/usr/bin:/bin run "$name" ${word:+"$word"}
        [ "$status" -eq 3 ]
        [[ "$output" == *"none on PATH"* ]]
    done
}

@test "a checkout without an environment, and a python without the packages, is told in one line" {
    rm -r "$tree/.venv"
    mkdir path
    printf '%s\n' '#!/bin/sh' 'exit 1' >path/python3
    chmod +x path/python3
    PATH="$PWD/path:/usr/bin:/bin" run "$tree/bin/manage_ml_models.sh" status
    [ "$status" -eq 3 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"see README.md"* ]]
}

@test "the real stockml answers from another folder, through a link, without an environment" {
    [ -n "${STOCKML_TEST_PYTHON:-}" ] || skip "run by pytest, which says which python"
    rm "$tree/.venv/bin/python"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$STOCKML_TEST_PYTHON" >"$tree/.venv/bin/python"
    chmod +x "$tree/.venv/bin/python"
    ln -s "$(dirname "$bin")/stockml" "$tree/stockml"
    ln -s "$tree/bin/manage_ml_models.sh" linked
    run env -i HOME="$BATS_TEST_TMPDIR" ./linked status --help
    [ "$status" -eq 0 ]
    [[ "$output" == "Usage: stockml status"* ]]
    run env -i HOME="$BATS_TEST_TMPDIR" ./linked status --home "$PWD/no workspace"
    [ "$status" -eq 3 ]
    [[ "$output" == *"no stockml workspace here"* ]]
}
