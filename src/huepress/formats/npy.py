"""NumPy's ``.npy`` format, as far as codebooks need it, read without trust.

NumPy evaluates a header as Python, and takes the memory that it asks for. Here a header is matched
as text, and what it claims is compared with what there is before any memory is taken.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"

_LONGEST = 1 << 12
"""Bytes of a header; those of two-dimensional arrays have 118."""

_FIELDS = {
    "descr": r"['\"]descr['\"]\s*:\s*['\"]([<>|=]?[A-Za-z]\d{0,4})['\"]",
    "fortran_order": r"['\"]fortran_order['\"]\s*:\s*(True|False)",
    "shape": r"['\"]shape['\"]\s*:\s*\(([\d\s,L]*)\)",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its array, and after how many bytes the data begin."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool
    header_bytes: int

    @property
    def n_bytes(self) -> int:
        """Bytes of the data."""
        return math.prod(self.shape) * self.dtype.itemsize


def write(array: NDArray[Any]) -> bytes:
    """Write one array of plain numbers."""
    stream = BytesIO()
    npy.write_array(stream, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def read_header(file: IO[bytes]) -> Header:
    """Read what stands before the data, which is not looked at yet.

    A ValueError says that it is no header that NumPy writes for an array of plain numbers.

    Examples
    --------
    >>> read_header(BytesIO(write(np.zeros((4, 3), np.uint8)))).shape
    (4, 3)
    """
    start = file.read(len(MAGIC) + 2)
    if start[: len(MAGIC)] != MAGIC or len(start) < len(MAGIC) + 2:
        raise ValueError("it does not begin as a .npy file")
    if start[-2] not in (1, 2):
        raise ValueError(f"version {start[-2]} of .npy; 1 and 2 are read")
    n_prefix = 2 if start[-2] == 1 else 4
    prefix = file.read(n_prefix)
    if len(prefix) < n_prefix:
        raise ValueError("it ends in the header")
    (length,) = struct.unpack("<H" if n_prefix == 2 else "<I", prefix)
    if length > _LONGEST:
        raise ValueError(f"a header of {length} bytes; one of an array has no more than {_LONGEST}")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("it ends in the header")
    found = {name: re.findall(pattern, text.decode("latin-1")) for name, pattern in _FIELDS.items()}
    if any(len(values) != 1 for values in found.values()):
        raise ValueError("its header is not that of a plain array")
    numbers = re.findall(r"\d+", found["shape"][0])
    if any(len(number) > 18 for number in numbers):
        raise ValueError("its header claims more than fits any memory")
    try:
        dtype = np.dtype(found["descr"][0])
    except TypeError:
        raise ValueError(
            f"its header names the type {found['descr'][0]!r}, which is none"
        ) from None
    return Header(
        tuple(map(int, numbers)),
        dtype,
        found["fortran_order"][0] == "True",
        len(start) + n_prefix + length,
    )


def read_data(file: IO[bytes], header: Header) -> NDArray[Any]:
    """Read the data behind a header whose `n_bytes` the caller is ready to hold; read-only.

    A ValueError says that there is less, or that it is no plain array.
    """
    if header.dtype.hasobject:
        raise ValueError("it holds Python objects, which could do anything")
    data = file.read(header.n_bytes)
    if len(data) < header.n_bytes:
        raise ValueError(f"it ends after {len(data)} of {header.n_bytes} bytes")
    order = header.shape[::-1] if header.fortran_order else header.shape
    array = np.frombuffer(data, header.dtype).reshape(order)
    return array.T if header.fortran_order else array
