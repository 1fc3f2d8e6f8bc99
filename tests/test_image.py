import sys
import tracemalloc
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from huepress.errors import InputError
from huepress.values.image import Image, SourceFacts


def grey_ramp(dtype=np.uint8):
    return np.arange(24, dtype=dtype).reshape(4, 6)


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))))
def test_uint8_arrays_keep_their_levels_and_are_widened_to_rgb(array):
    image = Image.read(array)
    color, alpha = (array, None) if array.shape[2] % 2 else (array[..., :-1], array[..., -1])
    assert np.array_equal(image.pixels[..., :3], np.broadcast_to(color, (*array.shape[:2], 3)))
    if alpha is not None and alpha.min() < 255:
        assert np.array_equal(image.pixels[..., 3], alpha)
    else:
        assert image.channels == 3


@given(
    npst.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        npst.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.floats(0, 1, width=16),
    )
)
def test_floats_are_rounded_to_the_nearest_level_halves_up(array):
    expected = np.floor(array.astype(np.float64) * 255 + 0.5)
    assert np.array_equal(Image.read(array).pixels[..., 1], expected)


def test_every_16_bit_value_is_rounded_to_the_nearest_level():
    values = np.arange(65536)
    pixels = Image.read(values.astype(np.uint16).reshape(256, 256)).pixels
    assert np.array_equal(pixels[..., 0].ravel(), np.rint(values / 257))


def test_big_endian_16_bit_arrays_read_as_their_values():
    values = grey_ramp(np.uint16) * 2000
    assert np.array_equal(Image.read(values.astype(">u2")).pixels, Image.read(values).pixels)


def test_booleans_are_black_and_white():
    assert Image.read(np.array([[True, False]])).pixels[0, :, 0].tolist() == [255, 0]


def test_an_array_larger_than_a_strip_is_converted_whole():
    floats = np.linspace(0, 1, 1500 * 1001).reshape(1500, 1001)
    assert np.array_equal(Image.read(floats).pixels[..., 2], np.floor(floats * 255 + 0.5))


@pytest.mark.parametrize("shape", [(300, 500, 3), (300, 500, 1), (300, 500)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint16, bool])
def test_conversion_holds_the_pixels_once(shape, dtype, monkeypatch):
    monkeypatch.setattr("huepress.read.samples.STRIP", 1000)
    array = np.zeros(shape, dtype)
    tracemalloc.start()
    image = Image.read(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * image.pixels.nbytes


def test_an_opaque_alpha_channel_is_dropped():
    rgba = np.full((2, 3, 4), 255, np.uint8)
    assert Image(rgba).channels == 3
    rgba[1, 2, 3] = 254
    assert Image(rgba).channels == 4


def test_properties_name_the_shape():
    image = Image(np.zeros((2, 3, 4), np.uint8))
    assert (image.height, image.width, image.channels, image.n_pixels) == (2, 3, 4, 6)
    assert image.has_alpha
    assert repr(image) == "<Image 3×2 RGBA, from 8-bit RGB array>"


def test_an_image_cannot_be_changed():
    image = Image(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(FrozenInstanceError):
        image.pixels = np.ones((2, 3, 3), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0, 0] = 1


@pytest.mark.parametrize("make", [Image, Image.read])
def test_the_callers_array_stays_writable_and_apart(make):
    array = np.zeros((2, 3, 3), np.uint8)
    image = make(array)
    array[:] = 7
    assert image.pixels.max() == 0


def test_a_read_only_view_of_a_writable_array_is_copied():
    array = np.zeros((2, 3, 3), np.uint8)
    view = array[:]
    view.setflags(write=False)
    image = Image(view)
    array[:] = 7
    assert image.pixels.max() == 0


def test_a_read_only_array_that_nobody_can_write_is_not_copied():
    array = np.zeros((2, 3, 3), np.uint8)
    array.setflags(write=False)
    assert Image(array).pixels is array
    assert np.shares_memory(
        Image(shared := np.frombuffer(bytes(18), np.uint8).reshape(2, 3, 3)).pixels, shared
    )


@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("view", [np.s_[::2, ::-1], np.s_[:, :, ::-1]])
def test_pixels_are_contiguous_whatever_the_array_was(view, writable):
    array = np.frombuffer(bytes(range(72)), np.uint8).reshape(4, 6, 3)
    array = array.copy() if writable else array
    pixels = Image(array[view]).pixels
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, array[view])


def test_an_array_in_fortran_order_reads_the_same():
    array = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    assert np.array_equal(Image.read(np.asfortranarray(array)).pixels, array)


def test_anything_with_the_array_protocol_is_an_array():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return grey_ramp()

    assert Image.read(Tensor()).source == SourceFacts(mode="L")


def test_array_sources_say_what_they_were():
    read = Image.read(grey_ramp(np.uint16)).source
    assert read == SourceFacts(mode="L", bit_depth=16, reduced=True, warnings=read.warnings)
    assert Image.read(np.zeros((2, 2, 2))).source == SourceFacts(mode="LA", bit_depth=64)
    assert Image.read(np.zeros((2, 2, 4), bool)).source == SourceFacts(mode="RGBA", bit_depth=1)


@pytest.mark.parametrize(
    ("array", "value", "remedy"),
    [
        (np.zeros((0, 5, 3), np.uint8), r"\(0, 5, 3\)", "at least 1×1"),
        (np.zeros((5, 0), np.uint8), r"\(5, 0\)", "at least 1×1"),
        (np.zeros((0, 0, 3)), r"\(0, 0, 3\)", "at least 1×1"),
        (np.zeros((6, 4, 5), np.uint8), r"\(6, 4, 5\)", "reshape"),
        (np.zeros(4, np.uint8), r"\(4,\)", "reshape"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"\(1, 4, 4, 3\)", "reshape"),
        (np.zeros((3, 8, 9), np.uint8), r"\(3, 8, 9\)", r"transpose\(1, 2, 0\)"),
        (np.array([[0.5, np.nan]]), "NaN", "nan_to_num"),
        (np.array([[0.5, np.inf]]), "float inf", r"clip"),
        (np.array([[0.5, -np.inf]]), "float -inf", r"clip"),
        (np.array([[0.5, -0.25]]), "float -0.25", r"clip"),
        (np.array([[0.5, 1.5]]), "float 1.5", "divide by 255"),
        (np.array([[0.5, 300.0]], np.float32), "float 300", "clip"),
        (np.zeros((2, 2), np.int64), "int64", "astype"),
        (np.zeros((2, 2), complex), "complex128", "uint8, uint16, bool, or floats"),
        (np.zeros((2, 2), np.uint32), "uint32", "uint8, uint16, bool, or floats"),
    ],
)
def test_a_wrong_array_is_refused_with_its_value_and_the_remedy(array, value, remedy):
    with pytest.raises(InputError, match=value) as caught:
        Image.read(array)
    assert caught.match(remedy)


@pytest.mark.parametrize(
    ("pixels", "value"),
    [
        (np.zeros((2, 2, 3)), "float64"),
        ([[0, 0, 0]], "list"),
        (np.zeros((2, 2), np.uint8), r"\(2, 2\)"),
        (np.zeros((2, 2, 2), np.uint8), r"\(2, 2, 2\)"),
        (np.zeros((0, 2, 3), np.uint8), r"\(0, 2, 3\)"),
    ],
)
def test_the_constructor_takes_only_what_it_can_hold(pixels, value):
    with pytest.raises(InputError, match=value):
        Image(pixels)


def test_a_frame_can_be_chosen_only_where_there_are_frames():
    assert Image.read(grey_ramp(), frame=0).n_pixels == 24
    with pytest.raises(InputError, match=r"no frame 1, it holds one frame; choose frame 0"):
        Image.read(grey_ramp(), frame=1)


def test_other_objects_are_refused_by_name():
    with pytest.raises(InputError, match="from int; give a path"):
        Image.read(5)


def test_importing_the_module_leaves_pillow_alone():
    import subprocess

    code = "import huepress.values.image, sys; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
