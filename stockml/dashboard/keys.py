"""The bytes that a terminal sends for keys, as names of keys. Pure.

Source: XTerm Control Sequences (PC-Style Function Keys, normal and application mode), and what rxvt and linux send.
"""

from __future__ import annotations

ESCAPE = 0x1B
NAMES = {
    b"[A": "up", b"[B": "down", b"[C": "right", b"[D": "left",
    b"OA": "up", b"OB": "down", b"OC": "right", b"OD": "left",
    b"[H": "home", b"[F": "end", b"OH": "home", b"OF": "end", b"[1~": "home", b"[4~": "end", b"[7~": "home",
    b"[8~": "end", b"[5~": "pageup", b"[6~": "pagedown", b"[Z": "backtab",
}  # fmt: skip
CONTROLS = {0x09: "tab", 0x0A: "enter", 0x0D: "enter", 0x08: "backspace", 0x7F: "backspace", 0x03: "ctrl+c"}
SIZES = ((0xF0, 4), (0xE0, 3), (0xC0, 2))  # first byte of a character of UTF-8 -> its bytes; RFC 3629
LONGEST = 32  # bytes of a sequence that nobody knows before it is given up


def decode(content: bytes, *, is_all: bool = False) -> tuple[list[str], bytes]:
    """(the keys, the bytes that may be the beginning of one more).

    With `is_all` nothing more is coming: an escape that stands alone is the key. What no key sends is passed over.

    >>> decode(b"j\\x1b[A\\x1b")
    (['j', 'up'], b'\\x1b')
    """
    found: list[str] = []
    place = 0
    while place < len(content):
        name, end = _escape(content, place) if content[place] == ESCAPE else _plain(content, place)
        if end == place:
            if not is_all:
                return found, content[place:]
            name, end = ("escape" if content[place] == ESCAPE else ""), place + 1
        found += [name] if name else []
        place = end
    return found, b""


def _plain(content: bytes, place: int) -> tuple[str, int]:
    """A control character, or one character of UTF-8."""
    first = content[place]
    if first < 0x20 or first == 0x7F:
        return CONTROLS.get(first, ""), place + 1
    size = next((size for least, size in SIZES if first >= least), 1)
    if place + size > len(content):
        return "", place
    text = content[place : place + size].decode("utf-8", errors="ignore")
    return (text if text.isprintable() else ""), place + size


def _escape(content: bytes, place: int) -> tuple[str, int]:
    """A sequence that begins with escape; (`""`, place) while it has no end."""
    begin = place + 1
    if begin == len(content):
        return "", place
    if content[begin] == ESCAPE:
        return "escape", begin
    if content[begin] not in b"[O":
        return "escape", begin  # escape, then another key
    end = begin + 1
    while end < len(content) and not 0x40 <= content[end] <= 0x7E:
        end += 1
        if end - begin > LONGEST:
            return "", end
    if end == len(content):
        return "", place
    return NAMES.get(content[begin : end + 1], ""), end + 1
