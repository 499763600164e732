"""Our lines inside somebody's cron table: found between two markers, replaced or taken out; all other bytes stay."""

from __future__ import annotations

from dataclasses import dataclass

from stockml.errors import StockmlError

BEGIN, END = b"# BEGIN stockml", b"# END stockml"
JOINED = b"; the %d bytes above had no line end"


class DamagedError(StockmlError):
    """The markers in the table are not one pair; nobody can tell which lines are ours."""

    kind = "markers"


@dataclass(frozen=True)
class Split:
    """A table as bytes: what stands before our block, the block with its markers, what follows.

    `before` is what was there before we came: if its last line had no line end, the one we added is in `block`.
    """

    before: bytes
    block: bytes
    after: bytes

    @property
    def foreign(self) -> bytes:
        """The table without us."""
        return self.before + self.after

    @property
    def lines(self) -> tuple[bytes, ...]:
        """Our lines without markers and remarks."""
        return tuple(one for one in self.block.split(b"\n") if one and not one.startswith(b"#"))


def split(table: bytes, identity: str) -> Split:
    """Find the block of a workspace. Raises `DamagedError` unless there is none or exactly one whole block."""
    begins, ends, others = [], [], []
    place = 0
    for line in _lines(table):
        told = _marker(line, identity)
        if told == "begin":
            begins.append(place)
        elif told == "end":
            ends.append(place + len(line))
        elif told == "other":
            others.append(place)
        place += len(line)
    if not begins and not ends:
        return Split(table, b"", b"")
    whole = len(begins) == len(ends) == 1 and begins[0] < ends[0]
    if not whole or any(begins[0] < one < ends[0] for one in others):
        raise DamagedError(
            f"the cron table holds {len(begins)} BEGIN and {len(ends)} END markers of stockml {identity}, "
            "not one pair around our lines alone; nothing was changed",
            hint=f"run 'crontab -e', and leave one pair or none of the lines that name stockml {identity}",
        )
    begin, end = begins[0], ends[0]
    if JOINED % (begin - 1) in table[begin:].split(b"\n", 1)[0]:
        begin -= 1  # the line end is ours, and nobody has written anything between since
    return Split(table[:begin], table[begin:end], table[end:])


def _lines(table: bytes) -> list[bytes]:
    """Lines with their line end; only \\n ends one, so that \\r and the rest stay what they are."""
    parts = table.split(b"\n")
    return [one + b"\n" for one in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _marker(line: bytes, identity: str) -> str:
    """What a line marks: "begin" or "end" of this workspace's block, "other" for another workspace's, else ""."""
    text = line.strip()
    for marker, told in ((BEGIN, "begin"), (END, "end")):
        if text == marker or text.startswith(marker + b" "):
            named = text[len(marker) :].split(b";")[0].split()
            return told if named[:1] == [identity.encode()] else "other"
    return ""


def put(table: bytes, identity: str, lines: tuple[str, ...]) -> bytes:
    """The table with our block holding these lines: in its old place, else at the end. No lines: without block."""
    old = split(table, identity)
    if not lines:
        return old.foreign
    joined = bool(old.before) and not old.before.endswith(b"\n")
    begin = BEGIN + b" " + identity.encode() + (JOINED % len(old.before) if joined else b"")
    remark = b"# written by 'stockml schedule install --cron' and replaced by it; change the configuration instead"
    block = [begin, remark, *(one.encode() for one in lines), END + b" " + identity.encode(), b""]
    return old.before + (b"\n" if joined else b"") + b"\n".join(block) + old.after
