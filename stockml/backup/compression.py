"""An object's stored form: its plain bytes, or a zstandard frame."""

from __future__ import annotations

import threading
from typing import Any

from stockml.errors import BackupError

PLAIN, ZSTD = 0, 1
LEVEL = 3
_SMALL = 256  # bytes from which a frame may pay
_WORTH = 0.9  # of the plain size
_kept = threading.local()


def is_there() -> bool:
    """Whether the library is installed."""
    try:
        import zstandard
    except ImportError:
        return False
    return bool(zstandard)


def pack(content: bytes) -> bytes | None:
    """The compressed form, or None where it is hardly smaller. Needs the library."""
    if len(content) < _SMALL:
        return None
    frame: bytes = _compressor().compress(content)
    return frame if len(frame) < _WORTH * len(content) else None


def unpack(frame: bytes, size: int) -> bytes:
    """The plain bytes, of which there must be `size`: the frame says so before anything is decompressed.

    Raises `BackupError` for anything but what `pack` made, and if the library is not installed.
    """
    try:
        import zstandard
    except ImportError as error:
        raise BackupError(
            "this backup is compressed, and zstandard is not installed", kind="no_zstd",
            hint="pip install 'stockml[zstd]'",
        ) from error  # fmt: skip
    try:
        if zstandard.frame_content_size(frame) != size:
            raise BackupError(f"it would not become the {size} bytes it should")
        plain: bytes = zstandard.ZstdDecompressor(max_window_size=2**27).decompress(
            frame, max_output_size=size, read_across_frames=False, allow_extra_data=False
        )
    except (zstandard.ZstdError, MemoryError, ValueError) as error:
        raise BackupError(f"it cannot be decompressed ({error})") from error
    return plain


def _compressor() -> Any:
    """One compressor a thread: they are costly to make and not to be shared."""
    import zstandard

    if not hasattr(_kept, "compressor"):
        _kept.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, write_content_size=True)
    return _kept.compressor
