"""PNG files taken apart by a walker that knows nothing of huepress's own."""

from __future__ import annotations

import struct
import zlib


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """List names and contents; every checksum must be right."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, place = [], 8
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        checksum = struct.unpack_from(">I", data, place + 8 + length)[0]
        assert checksum == zlib.crc32(name + content)
        found.append((name, content))
        place += 12 + length
    return found
