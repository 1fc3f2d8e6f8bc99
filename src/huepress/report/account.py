"""Where the bits go: from bare pixels to the bytes of the file, and what is in the file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from huepress import metrics
from huepress.formats import Encoded
from huepress.pipeline import Result
from huepress.read.png_chunks import Walk

_PARTS = {
    b"IDAT": "labels",
    b"PLTE": "codebook",
    b"tRNS": "codebook",
    b"eXIf": "metadata",
    b"iCCP": "metadata",
    b"pHYs": "metadata",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the account: what it is, what it takes, and how that comes about."""

    name: str
    n_bytes: float
    formula: str


def steps(result: Result) -> list[Item]:
    """Account for a picture at each step: bare pixels, the original file, the codebook with labels.

    The labels count at a fixed length, then at their entropy, then as they are in the file.

    Examples
    --------
    >>> import numpy as np
    >>> from huepress import compress
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> [item.name for item in steps(compress(ramp, k=4))][:2]
    ['bare pixels', 'codebook + labels']
    """
    n_pixels, channels = result.image.n_pixels, result.image.channels
    source = result.image.source
    items = [
        Item(
            "bare pixels",
            metrics.raw_bits(n_pixels, channels) / 8,
            f"{n_pixels:,} × {channels * 8} bits",
        )
    ]
    if source.file_bytes is not None:
        items.append(Item("original file", source.file_bytes, source.format))
    file = Item("compressed file", result.output_bytes, result.kind)
    if not result.is_indexed:
        return [*items, file]
    indexed = result.indexed
    k, code_bits = len(indexed.codebook), indexed.codebook.channels * 8
    entropy = metrics.entropy_bits(indexed.counts())
    fixed = metrics.indexed_bits(n_pixels, k, indexed.codebook.channels)
    return [
        *items,
        Item(
            "codebook + labels",
            fixed / 8,
            f"{k:,} × {code_bits} + {n_pixels:,} × {metrics.label_bits(k)} bits",
        ),
        Item(
            "codebook + entropy",
            (k * code_bits + entropy) / 8,
            f"{k:,} × {code_bits} + {n_pixels:,} × {entropy / n_pixels:.2f} bits",
        ),
        file,
    ]


def contents(encoded: Encoded) -> list[Item]:
    """Take a PNG apart into labels, codebook, metadata and the format's own bytes.

    Of several files, each is an item; formats that keep their parts together have none.
    """
    if len(encoded.files) > 1:
        return [Item(suffix, len(content), "file") for suffix, content in encoded.files]
    suffix, data = encoded.files[0]
    if suffix != ".png":
        return []
    sizes = {"labels": 0, "codebook": 0, "metadata": 0}
    for chunk in Walk(BytesIO(data)):
        part = _PARTS.get(chunk.kind)
        if part is not None:
            sizes[part] += chunk.span.length
    formulas = {"labels": "DEFLATE", "codebook": "PLTE, tRNS", "metadata": "kept on request"}
    items = [Item(name, size, formulas[name]) for name, size in sizes.items() if size]
    return [*items, Item("format", len(data) - sum(sizes.values()), "header, lengths, checksums")]


def verdict(result: Result) -> str:
    """Say in a sentence how the file compares with the entropy of its labels; empty for arrays."""
    if not result.is_indexed:
        return ""
    entropy, file = steps(result)[-2:]
    if not entropy.n_bytes or result.encoded.format in ("npz", "npy"):
        return ""
    gain = 1 - file.n_bytes / entropy.n_bytes
    if gain >= 0.01:
        return (
            f"The file is {gain:.0%} smaller than the entropy of single labels: neighbouring "
            "pixels repeat each other, and the encoder finds it."
        )
    return (
        "The file is no smaller than the entropy of single labels: neighbouring pixels repeat "
        "each other too little to pay for the format."
    )
