"""Laws of the PNG writer; oxipng, told to write in the same one way, is the oracle."""

import shutil
import subprocess
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import oxipng
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from huepress.formats import Effort, png
from huepress.formats.metadata import Metadata
from huepress.formats.png.file import Filtering, RowFilter, Samples, packed
from huepress.read.png_chunks import GREY, PALETTE, RGB, RGBA
from png_files import chunks

FILTERINGS = tuple(name for part in get_args(Filtering) for name in get_args(part))
OXIPNG = dict(
    zip(
        ("none", "sub", "up", "average", "paeth", "min-sum", "bigrams", "brute"),
        ("NoOp", "Sub", "Up", "Average", "Paeth", "MinSum", "Bigrams", "Brute"),
        strict=True,
    )
)


def slopes(height: int, width: int, channels: int, most: int = 256) -> NDArray[np.uint8]:
    """Draw what every filter suits somewhere: slopes both ways, noise, and equal rows."""
    y, x, c = np.mgrid[:height, :width, :channels]
    noise = np.random.default_rng(width).integers(0, 9, y.shape) * (y % 16 < 8)
    drawn = 3 * x * (y // 8 % 2) + 5 * y * (x // 20 % 2) + 40 * c + noise
    return np.asarray(drawn % most, np.uint8)


def samples(color_type: int, depth: int = 8) -> Samples:
    channels = {GREY: 1, RGB: 3, PALETTE: 1, RGBA: 4}[color_type]
    pixels = slopes(45, 61, channels, 1 << min(depth, 8))
    palette = None
    if color_type == PALETTE:
        palette = slopes(1 << depth, 1, 4)[:, 0]
        palette[2 << depth >> 2 :, 3] = 255
    if depth == 16:
        wide = pixels.astype(">u2") * 99
        return Samples(wide.view(np.uint8).reshape(45, -1), 61, 16, color_type)
    rows = packed(pixels.reshape(45, -1), depth)
    return Samples(rows, 61, depth, color_type, palette)


KINDS = [
    (GREY, 1),
    (GREY, 4),
    (GREY, 8),
    (GREY, 16),
    (PALETTE, 2),
    (PALETTE, 8),
    (RGB, 8),
    (RGBA, 8),
]


def by_oxipng(one: Samples, filtering: str, level: int, metadata: Metadata) -> bytes:
    kinds: dict[int, Any] = {
        GREY: oxipng.ColorType.grayscale,
        RGB: oxipng.ColorType.rgb,
        RGBA: oxipng.ColorType.rgba,
    }
    if one.palette is not None:
        color_type = oxipng.ColorType.indexed(one.palette.tolist())
    else:
        color_type = kinds[one.color_type]()
    image = oxipng.RawImage(
        one.rows.tobytes(), one.width, one.height, color_type=color_type, bit_depth=one.depth
    )
    if metadata.icc is not None:
        image.add_icc_profile(metadata.icc)
    return image.create_optimized_png(
        filter=[getattr(oxipng.RowFilter, OXIPNG[filtering])],
        deflate=oxipng.Deflaters.libdeflater(level),
        interlace=None,
        bit_depth_reduction=False,
        color_type_reduction=False,
        palette_reduction=False,
        grayscale_reduction=False,
        fast_evaluation=False,
    )


def data_of(file: bytes) -> bytes:
    return b"".join(content for name, content in chunks(file) if name == b"IDAT")


@pytest.mark.slow
@pytest.mark.parametrize(("color_type", "depth"), KINDS)
@pytest.mark.parametrize("filtering", OXIPNG)
def test_a_file_is_what_oxipng_writes_in_the_same_way(
    filtering: Filtering, color_type: int, depth: int
) -> None:
    one = samples(color_type, depth)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    metadata = Metadata(icc=icc) if color_type != GREY else Metadata()
    file = one.write(filtering, "normal", metadata)
    other = by_oxipng(one, filtering, 12, metadata)
    assert zlib.decompress(data_of(file)) == zlib.decompress(data_of(other))
    assert len(data_of(file)) <= len(data_of(other))
    ours, theirs = dict(chunks(file)), dict(chunks(other))
    assert list(ours) == list(theirs)
    assert [ours[n] for n in ours if n not in (b"IDAT", b"iCCP")] == [
        theirs[n] for n in ours if n not in (b"IDAT", b"iCCP")
    ]


@pytest.mark.parametrize(("color_type", "depth"), KINDS)
def test_every_way_of_writing_reads_as_the_same_pixels(
    color_type: int, depth: int, tmp_path: Path
) -> None:
    one = samples(color_type, depth)
    metadata = Metadata(exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", dpi=(300, 72))
    decoded = []
    for filtering in FILTERINGS:
        file = one.write(filtering, "normal" if len(decoded) % 2 else 5, metadata)
        with Image.open(BytesIO(file)) as image:
            assert image.info["dpi"] == pytest.approx((300, 72), abs=0.01)
            decoded.append(np.asarray(image).copy())
        path = tmp_path / f"{filtering}.png"
        path.write_bytes(file)
        if shutil.which("pngcheck"):
            check = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True)
            assert (check.returncode, check.stdout) == (0, "")
    assert all(np.array_equal(decoded[0], other) for other in decoded)
    if depth == 8:
        expected = one.rows.reshape(decoded[0].shape)
        assert np.array_equal(decoded[0], expected)


def test_opaque_codes_at_the_end_need_no_alpha() -> None:
    palette = np.full((6, 4), 255, np.uint8)
    palette[1, 3] = 9
    rows = np.arange(6, dtype=np.uint8)[None]
    kept = dict(chunks(Samples(rows, 6, 8, PALETTE, palette).write("none", 1)))
    assert kept[b"tRNS"] == b"\xff\x09"
    palette[1, 3] = 255
    kept = dict(chunks(Samples(rows, 6, 8, PALETTE, palette).write("none", 1)))
    assert b"tRNS" not in kept


def test_brute_force_is_no_worse_than_each_filter() -> None:
    one = samples(RGB)
    sizes = {name: len(one.write(name, 12)) for name in get_args(RowFilter)}
    assert len(one.write("brute", 12)) < min(sizes.values())


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_threads_change_no_byte(effort: Effort) -> None:
    labels = slopes(90, 100, 1, 200)[..., 0]
    files = [png.encode_labels(labels, effort=effort, threads=n) for n in (1, 2, 7)]
    assert len(set(files)) == 1
