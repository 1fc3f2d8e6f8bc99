"""The frames of an animated PNG: https://www.w3.org/TR/png-3/#apng-frame-based-animation.

Each becomes a PNG of its own, which is read as any other is, with the file's palette and colours.
"""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from typing import IO, TYPE_CHECKING, NamedTuple

from huepress.errors import InputError
from huepress.read.canvas import Disposal, Placed, Scanned, check_count, rounded_times
from huepress.read.opening import check_size
from huepress.read.png_chunks import SIGNATURE, DamageError, Walk, chunk_parts, read_header

if TYPE_CHECKING:
    from huepress.read.splice import Span

_SHARED = (b"pHYs", b"PLTE", b"tRNS", b"cICP", b"iCCP", b"sRGB", b"cHRM", b"gAMA", b"sBIT")
_DISPOSALS = (Disposal.KEEP, Disposal.CLEAR, Disposal.RESTORE)


class _Control(NamedTuple):
    """The fields of an fcTL chunk."""

    sequence: int
    width: int
    height: int
    left: int
    top: int
    delay: int
    per: int
    disposal: int
    blend: int


def is_moving(file: IO[bytes]) -> bool:
    """Tell whether a PNG says, before its pixels, that it is an animation."""
    try:
        return any(chunk.kind == b"acTL" for chunk in Walk(file, until=b"IDAT"))
    except DamageError:
        return False


def scan(file: IO[bytes], name: str, max_pixels: int | None = None) -> Scanned:
    """Walk through an animated PNG, without decoding its pixels.

    What breaks a rule of animations is refused.
    """
    walk = _Walk(file, name, max_pixels)
    try:
        walk.run()
    except DamageError as damage:
        place = f", frame {walk.n_begun - 1}" if walk.n_begun else ""
        raise InputError(
            f"{name}{place}: the animated PNG is damaged: {damage}; fetch it again, or take its "
            "still picture (--frame 0)"
        ) from None
    durations = rounded_times((c.delay, c.per or 100) for c in walk.controls)
    return Scanned(
        walk.width,
        walk.height,
        walk.loops,
        [
            # Restoring what was there before the first frame clears the canvas, as is the rule.
            Placed(
                c.left, c.top, c.width, c.height, duration, bool(c.blend), _DISPOSALS[c.disposal]
            )
            for c, duration in zip(walk.controls, durations, strict=True)
        ],
        walk.still,
        tuple(walk.warnings),
        walk.exif,
    )


class _Walk:
    """The chunks of an animated PNG, gathered in one go."""

    def __init__(self, file: IO[bytes], name: str, max_pixels: int | None) -> None:
        self.file, self.name, self.max_pixels = file, name, max_pixels
        self.width = self.height = self.loops = 0
        self.controls: list[_Control] = []
        self.exif: bytes | None = None
        self.warnings: list[str] = []
        self.n_begun = 0
        self._n_frames = -1
        self._head = b""
        self._shared: list[bytes] = []
        self._data: list[list[tuple[Span, int]]] = []
        self._sequences: list[tuple[int, int]] = []

    def run(self) -> None:
        """Walk from the first chunk to the last, and check that the frames are all there."""
        walk = Walk(self.file)
        is_data = False
        for chunk in walk:
            data = chunk.data or b""
            if chunk.kind == b"IHDR" and not self._head:
                header = read_header(data)
                self._head, self.width, self.height = data, header.width, header.height
                check_size(self.width, self.height, self.name, self.max_pixels)
            elif chunk.kind == b"acTL" and self._n_frames < 0:
                self._control_animation(data, late=is_data)
            elif chunk.kind == b"fcTL":
                self._control_frame(data, chunk.span.start)
            elif chunk.kind == b"IDAT":
                is_data = True
                if self.n_begun == 1:
                    self._data[0].append((chunk.span, 0))
            elif chunk.kind == b"fdAT":
                self._frame_data(chunk.span)
            elif chunk.kind in _SHARED and not is_data:
                self._shared.append(b"".join(chunk_parts(chunk.kind, data)))
            elif chunk.kind == b"eXIf" and data:
                self.exif = data
        self.warnings += walk.warnings
        self._check()

    def still(self, file: IO[bytes], index: int) -> bytes:
        """Make a PNG of one frame alone."""
        control = self.controls[index]
        size = struct.pack(">II", control.width, control.height)
        parts = [SIGNATURE, *chunk_parts(b"IHDR", size + self._head[8:]), *self._shared]
        for span, skipped in self._data[index]:
            file.seek(span.start + skipped)
            data = file.read(span.length - skipped)
            parts += [struct.pack(">I", len(data)), b"IDAT", data]
            parts.append(struct.pack(">I", zlib.crc32(data, zlib.crc32(b"IDAT"))))
        return b"".join([*parts, *chunk_parts(b"IEND", b"")])

    def _control_animation(self, data: bytes, *, late: bool) -> None:
        if len(data) != 8 or late:
            raise DamageError("its animation's header (acTL) is too short or stands too late")
        self._n_frames, self.loops = struct.unpack(">II", data)
        check_count(self._n_frames, self.name)

    def _control_frame(self, data: bytes, start: int) -> None:
        self.n_begun += 1
        check_count(self.n_begun, self.name)
        if len(data) != 26:
            raise DamageError("its control chunk (fcTL) is too short")
        control = _Control(*struct.unpack(">5I2H2B", data))
        right, bottom = control.left + control.width, control.top + control.height
        if not control.width or not control.height or right > self.width or bottom > self.height:
            raise DamageError(
                f"it is {control.width}×{control.height} at {control.left}, {control.top}, which "
                f"does not lie within the picture of {self.width}×{self.height}"
            )
        if control.disposal > 2 or control.blend > 1:
            raise DamageError(
                f"its ways to dispose ({control.disposal}) and to blend ({control.blend}) do not "
                "exist"
            )
        self.controls.append(control)
        self._data.append([])
        self._sequences.append((start, 0))

    def _frame_data(self, span: Span) -> None:
        if not self._data:
            raise DamageError("its data (fdAT) come before any frame (fcTL)")
        if span.length < 4:
            raise DamageError("its data chunk (fdAT) is too short")
        self._data[-1].append((span, 4))
        self._sequences.append((span.start, self.n_begun - 1))

    def _check(self) -> None:
        if not self.controls:
            raise DamageError("it has no frame")
        if len(self.controls) != self._n_frames:
            self.n_begun = 0
            raise DamageError(f"it says {self._n_frames} frames and has {len(self.controls)}")
        for index, (control, data) in enumerate(zip(self.controls, self._data, strict=True)):
            self.n_begun = index + 1
            if not data:
                raise DamageError("it has no data")
            kinds = {skipped for _, skipped in data}
            whole = (control.width, control.height) == (self.width, self.height)
            if len(kinds) > 1 or (0 in kinds and not whole):
                raise DamageError("its data are not those of its rectangle")
        numbers: list[int] = []
        for start, _ in self._sequences:
            self.file.seek(start)
            numbers += struct.unpack(">I", self.file.read(4))
        for (before, after), (_, index) in zip(
            pairwise([-1, *numbers]), self._sequences, strict=True
        ):
            if after != before + 1:
                self.n_begun = index + 1
                raise DamageError(f"number {after} stands where {before + 1} belongs")
