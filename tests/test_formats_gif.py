"""GIF beside other programs: Pillow reads what is written, and none writes fewer bytes."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from huepress import _core
from label_planes import planes


def wrapped(labels, data):
    """The GIF around coded labels: greys for a palette."""
    bits = max(1, int(labels.max(initial=0)).bit_length())
    size = b"".join(side.to_bytes(2, "little") for side in labels.shape[::-1])
    grey = np.linspace(0, 255, 1 << bits).astype(np.uint8).repeat(3).tobytes()
    head = b"GIF87a" + size + bytes([0xF0 | bits - 1, 0, 0]) + grey
    return head + b"," + bytes(4) + size + b"\0" + data + b";"


def by_pillow(labels):
    """The bytes of the same picture as Pillow writes it."""
    bits = max(1, int(labels.max(initial=0)).bit_length())
    image = Image.fromarray(labels)
    image.putpalette(np.linspace(0, 255, 1 << bits).astype(np.uint8).repeat(3).tobytes())
    stream = io.BytesIO()
    image.save(stream, "GIF", optimize=False, interlace=0)
    return stream.getvalue()


@given(labels=planes())
def test_pillow_reads_back_what_was_given(labels):
    data = wrapped(labels, _core.lzw(labels, effort="normal"))
    with Image.open(io.BytesIO(data)) as image:
        assert (np.asarray(image) == labels).all()


@given(labels=planes())
def test_no_more_bytes_than_pillow_takes(labels):
    assert len(wrapped(labels, _core.lzw(labels, effort="normal"))) <= len(by_pillow(labels))


@pytest.mark.skipif(shutil.which("gifsicle") is None, reason="gifsicle is not installed")
@given(labels=planes())
def test_no_more_bytes_than_gifsicle_takes(labels):
    # It drops codes that no label has.
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.uint8)
    run = ["gifsicle", "--no-warnings", "-O3"]
    peer = subprocess.run(run, input=by_pillow(labels), capture_output=True, check=True).stdout
    # Its code for the end may be a bit narrower than decoders expect by then.
    assert len(wrapped(labels, _core.lzw(labels, effort="normal"))) <= len(peer) + 1
