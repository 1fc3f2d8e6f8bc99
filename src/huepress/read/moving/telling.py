"""What moves and what stands still, told by heads: no pixel is decoded."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from huepress.errors import InputError
from huepress.read.decoding import animation_in, known_format
from huepress.read.opening import HEAD, opened

VIDEO = "video"
"""What `moving_kind` calls one."""

FORMATS_OF = {"GIF": "gif", "PNG": "png", "WEBP": "webp"}
"""Formats that moving files keep, by what they are."""

DEFAULT_FORMAT = "webp"
"""Of what has no format that can be written: videos, and frames."""

# Where each container of videos that ffmpeg is asked to read shows what it is.
_VIDEOS = (
    (4, b"ftyp"),  # MP4, MOV, 3GP
    (4, b"moov"),
    (4, b"mdat"),
    (4, b"wide"),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (0, b"OggS"),
    (0, b"FLV"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF, WMV
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"\x00\x00\x01\xb3"),
    (0, b"\x00\x00\x00\x01"),  # H.264, HEVC
    (0, b"\x12\x00\x0a"),  # AV1
    (0, b"YUV4MPEG2"),
    (0, b"DKIF"),  # IVF
    (0, b"nut/multimedia container"),
    (0, b"\x06\x0e\x2b\x34"),  # MXF
    (0, b".RMF"),
)
_TRANSPORT, _PACKETS = 0x47, (0, 188, 376)


def moving_kind(
    file: IO[bytes], name: str, max_pixels: int | None = None, *, asked: bool = False
) -> str | None:
    """Name what a file is that moves: GIF, PNG, WEBP or `VIDEO`; None for what stands still.

    What begins as nothing that is known may be a video if it begins like one, or if one is asked
    for. What is damaged in a way that only a reader of pictures can tell stands still. Frames that
    break the rules raise an `InputError`.
    """
    file.seek(0)
    head = file.read(HEAD)
    try:
        known = known_format(head, name)
    except InputError:
        return None
    if known is None:
        return VIDEO if asked or may_be_video(head) else None
    kind = known[0]
    if kind not in FORMATS_OF:
        return None
    found = animation_in(file, kind, name, max_pixels)
    return kind if found is not None and len(found.frames) > 1 else None


def own_format(path: str, max_pixels: int) -> str | None:
    """Name the format that a moving file gets where none is asked for; None for a still one."""
    try:
        if not Path(path).is_file():
            return None
        with opened(path) as file:
            kind = moving_kind(file, path, max_pixels)
    except (InputError, OSError, ValueError):  # whoever reads it says what is wrong
        return None
    return None if kind is None else FORMATS_OF.get(kind, DEFAULT_FORMAT)


def may_be_video(head: bytes) -> bool:
    """Tell whether a file begins as videos do.

    Examples
    --------
    >>> may_be_video(bytes(4) + b"ftypisom"), may_be_video(b"I am a text.")
    (True, False)
    """
    if any(head.startswith(magic, offset) for offset, magic in _VIDEOS):
        return True
    packets = [head[place : place + 1] for place in _PACKETS]
    return all(first == bytes([_TRANSPORT]) for first in packets)
