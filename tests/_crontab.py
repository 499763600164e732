"""A `crontab` program for tests that keeps its table in a file, and fails in the ways real ones were seen to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Lines of other people that a careless writer of crontabs changes, loses or trips over.
HOSTILE = (
    b'MAILTO=""', b"MAILTO=me@example.org", b"SHELL=/bin/zsh", b"PATH=/usr/bin:/bin", b"  NAME = value with  blanks ",
    b"CRON_TZ=Asia/Tokyo", b"# a comment", b"#\ttabs\tand # more # marks", b"", b"   ", b"\t", b"@reboot /bin/true",
    b"@daily\t/bin/echo '100%'", b"0 5 * * 1 tar -zcf /var/backups/home.tgz /home/  # weekly",
    b"*/5 * * * * date +\\%Y-\\%m-\\%d%stdin%second", b"59 23 31 12 0 cmd", b"1-59/2 * * * * cmd \xe9\xff\xfe",
    "0 0 * * * écho «naïve» ✓ 日本".encode(), b"0 0 * * * crlf\r", b"\r", b"0 0 * * * bell\x07 and \x1b[31mred",
    b"0 0 * * * " + b"x" * 5000, b"# " + b"y" * 70000, b"# BEGIN something", b"# END something", b"# BEGIN",
    b"#BEGIN x", b"# BEGIN stockml other-123456", b"0 3 * * * /y run b --due", b"# END stockml other-123456",
    b"# stockml fleet-abcdef", b"BEGIN stockml fleet-abcdef", b"0 0 * * * echo # BEGIN stockml fleet-abcdef",
    b"garbage that is no line at all", b"61 25 * * * invalid", b"* * * *",
    b"0 0 * * * a\x0bb\x0cc\x1cd\x85e", "# line\u2028separator".encode(),
    b'"quoted"=1', b"0 0 * * * trailing blanks   ",
)  # fmt: skip

PROGRAM = r"""#!/bin/sh
# LC_ALL must be C: what it says is read.
[ "$LC_ALL" = C ] || { echo "LC_ALL is $LC_ALL" >&2; exit 9; }
echo "$1" >> "$FAKE_CRONTAB.calls"
count=$(grep -c . "$FAKE_CRONTAB.calls")
case $FAKE_KIND:$1 in
silent:-l) exit 1 ;;
other_language:-l) echo "keine crontab für root" >&2; exit 1 ;;
denied:-l) echo "You (root) are not allowed to use this program (crontab)" >&2; exit 1 ;;
half:-l) head -c 9 "$FAKE_CRONTAB"; kill -9 $$ ;;
half_and_one:-l) head -c 9 "$FAKE_CRONTAB"; exit 1 ;;
nul:-l) printf 'a\0b\n'; exit 0 ;;
changing:-l) echo "# $count" >> "$FAKE_CRONTAB" ;;
later_silent:-l) [ "$count" -lt 4 ] || exit 1 ;;
rejecting:/*) echo '"-":3: bad minute' >&2; exit 1 ;;
lying:/*) exit 0 ;;
cutting:/*) [ "$count" -gt 3 ] || { head -c 9 "$1" > "$FAKE_CRONTAB"; exit 0; } ;;
killed:/*) [ "$count" -gt 3 ] || { head -c 9 "$1" > "$FAKE_CRONTAB"; kill -9 $$; } ;;
always_cutting:/*) head -c 9 "$1" > "$FAKE_CRONTAB"; exit 0 ;;
strict:/*) [ -z "$(tail -c 1 "$1")" ] || { echo "missing newline before EOF, can't install." >&2; exit 1; } ;;
esac
case $1 in
-l) [ -f "$FAKE_CRONTAB" ] || { echo "no crontab for $(id -un)" >&2; exit 1; }; exec cat "$FAKE_CRONTAB" ;;
-r) [ -f "$FAKE_CRONTAB" ] || { echo "no crontab for $(id -un)" >&2; exit 1; }; exec rm "$FAKE_CRONTAB" ;;
*) stat -c %a "$1" > "$FAKE_CRONTAB.mode"; exec cp -- "$1" "$FAKE_CRONTAB" ;;
esac
"""


class Crontab:
    """The table of the fake program, which is first on PATH while the test runs."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        (folder / "bin").mkdir(parents=True)
        program = folder / "bin" / "crontab"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        self.file = folder / "table"
        self.patch = patch
        patch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("FAKE_CRONTAB", str(self.file))
        self.behave("")

    def behave(self, kind: str) -> None:
        """From now on fail in one of the ways above; "" works."""
        self.patch.setenv("FAKE_KIND", kind)
        Path(f"{self.file}.calls").unlink(missing_ok=True)

    @property
    def table(self) -> bytes | None:
        """The table's bytes, None if there is none."""
        return self.file.read_bytes() if self.file.exists() else None

    @table.setter
    def table(self, content: bytes) -> None:
        self.file.write_bytes(content)

    @property
    def calls(self) -> list[str]:
        """What the program was asked since `behave`."""
        path = Path(f"{self.file}.calls")
        return path.read_text().split("\n")[:-1] if path.exists() else []
