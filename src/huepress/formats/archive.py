"""NumPy's ``.npz`` archives of plain arrays: written alike each time, read without trust."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from huepress.errors import FormatError
from huepress.formats import npy
from huepress.formats.common import DAMAGED

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_ENCRYPTED = 1

_BROKEN = (zipfile.BadZipFile, NotImplementedError, OverflowError, *DAMAGED)
"""What zipfile raises of files that are damaged, or of a kind that it does not know."""

MOST_BYTES = 1 << 26
"""Of an array that has no limit of its own: a profile or an EXIF block may have megabytes."""


def write(arrays: Mapping[str, NDArray[Any]], level: int) -> bytes:
    """Write named arrays, deflated at a level of zlib.

    The file holds no dates: the same values give the same bytes with the same zlib.
    """
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            # The default is another on Windows.
            member.create_system = _UNIX
            member.external_attr = 0o644 << 16
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            archive.writestr(member, npy.write(little), zipfile.ZIP_DEFLATED, compresslevel=level)
    return stream.getvalue()


class Archive:
    """An open archive, whose arrays are checked before and after they are read.

    `kind` names it in messages, and `holds` says what arrays one of its kind has.
    """

    def __init__(self, data: bytes, kind: str, holds: str) -> None:
        self._kind, self._holds = kind, holds
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except _BROKEN as error:
            raise FormatError(f"a damaged .npz {kind} ({error}); restore it from a copy") from error
        self._names = set(self._archive.namelist())

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return f"{name}.npy" in self._names

    def check_version(self, newest: int) -> None:
        """Refuse what a later program has written."""
        version = int(self.array("version", np.int64, 0))
        if not 1 <= version <= newest:
            raise FormatError(
                f"a {self._kind} of version {version}; this program reads versions up to {newest}: "
                "upgrade huepress"
            )

    def array(
        self, name: str, dtype: type[np.generic], ndim: int, most_bytes: int = MOST_BYTES
    ) -> NDArray[Any]:
        """Read an array of a type and a number of dimensions; a number may be of any integers."""
        header = self.header(name)
        shape, found = header.shape, header.dtype
        right_kind = found == dtype or (ndim == 0 and found.kind in "iu")
        if not right_kind or len(shape) != ndim:
            raise FormatError(
                f"{name!r} has shape {shape} and type {found}; the {self._kind} wants "
                f"{ndim} dimensions of {np.dtype(dtype)}: write it again"
            )
        if header.n_bytes > most_bytes:
            raise FormatError(
                f"{name!r} has shape {shape}, {header.n_bytes:,} bytes; no array of a "
                f"{self._kind} has more than {most_bytes:,}"
            )
        return self.read(name, header)

    def header(self, name: str) -> npy.Header:
        """Read what an array claims to be."""
        if name not in self:
            raise FormatError(
                f"no {name!r} in the .npz, only {sorted(self._names)}; a {self._kind} has "
                f"{self._holds}"
            )
        with self._member(name) as member:
            return npy.read_header(member)

    def read(self, name: str, header: npy.Header) -> NDArray[Any]:
        """Read the data behind a header that was found good."""
        with self._member(name) as member:
            member.seek(header.header_bytes)
            array = npy.read_data(member, header)
            # zipfile compares the checksum only when it finds the end.
            if member.read(1):
                raise ValueError("bytes after the array")
        return array

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        info = self._archive.getinfo(f"{name}.npy")
        if info.flag_bits & _ENCRYPTED:
            raise FormatError(f"{name!r} in the .npz is encrypted; store it without a password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(
                f"{name!r} in the .npz is compressed by method {info.compress_type}, and NumPy "
                "writes stored and deflated ones; write it again"
            )
        try:
            with self._archive.open(info) as member:
                yield member
        except _BROKEN as error:
            raise FormatError(
                f"{name!r} in the .npz is damaged ({error}); restore it from a copy"
            ) from error
