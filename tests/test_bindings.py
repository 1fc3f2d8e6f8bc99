"""What Python sees of huepress: keywords, types in words, arrays, bytes, files and hashes."""

import copy
import inspect
import io
import pickle
import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import huepress
from huepress import (
    Codebook,
    CompressOptions,
    FormatError,
    Histogram,
    Image,
    IndexedImage,
    InputError,
    OptionError,
    OutputError,
)
from huepress.options import OptionChanges
from huepress.values.palette import Palette, Slots

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
CODES = Codebook.from_hex(["#000", "#888", "#fff"])


@pytest.fixture(scope="module")
def result() -> huepress.Result:
    return huepress.compress(PIXELS, k=4)


# keywords


def test_every_option_is_a_keyword_that_type_checkers_know_with_its_type() -> None:
    # add an option to OptionChanges whenever CompressOptions gets one
    assert get_type_hints(OptionChanges) == get_type_hints(CompressOptions)
    assert list(OptionChanges.__annotations__) == [field.name for field in fields(CompressOptions)]
    assert not OptionChanges.__required_keys__
    assert get_type_hints(huepress.compress)["changes"].__args__ == (OptionChanges,)


def test_the_signature_of_compress_shows_every_option_and_its_default() -> None:
    shown = inspect.signature(huepress.compress).parameters
    for name, option in inspect.signature(CompressOptions).parameters.items():
        assert shown[name].default == option.default
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert list(shown)[:2] == ["source", "options"]
    assert not any(each.kind is each.VAR_KEYWORD for each in shown.values())


def test_keywords_are_put_over_the_options() -> None:
    result = huepress.compress(PIXELS, CompressOptions(k=4, space="srgb"), k=3)
    assert result.options == CompressOptions(k=3, space="srgb")


# types in words


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"k": "16"}, "k='16' is text (str); give a whole number: k=16"),
        ({"k": 4.0}, "k=4.0 is a float; give a whole number: k=4"),
        ({"k": 4.5}, "k=4.5 is a float; give a whole number"),
        ({"k": True}, "k=True is a bool; give a whole number"),
        ({"k": np.True_}, "a whole number"),
        ({"k": [16]}, "k=[16] is a list; give a whole number"),
        ({"quality": (65, 80)}, "quality=(65, 80) is a pair; write quality=80, min_quality=65"),
        ({"quality": "high"}, "quality='high' is text (str); give a number"),
        ({"quality": "70"}, "quality='70' is text (str); give a number: quality=70"),
        ({"target_size": "40k"}, "target_size='40k' is text (str); give a whole number"),
        ({"target_size": 4e4}, "give a whole number: target_size=40000"),
        ({"keep": "icc"}, "keep='icc' is text (str); give a set of names: keep={'icc'}"),
        ({"keep": {1}}, "keep={1} is a set; give a set of names"),
        ({"keep": None}, "keep=None is nothing; give a set of names"),
        ({"dither": True}, "dither True is unknown; use one of none, diffusion, ordered"),
        ({"effort": ["best"]}, "effort ['best'] is unknown; use one of fast, default, best"),
        ({"space": 3}, "space 3 is unknown; use one of oklab, srgb, linear"),
        ({"space": None}, "space None is unknown"),
        ({"format": b"png"}, "format=b'png' is a bytes; give text (str)"),
        ({"seed": None}, "seed=None is nothing; give a whole number"),
        ({"threads": 1.5}, "threads=1.5 is a float; give a whole number"),
        ({"threads": 10**30}, "use 0 (all cores) to 65536"),
        ({"tol": "0.1"}, "tol='0.1' is text (str); give a number: tol=0.1"),
        ({"dither_strength": "1"}, "give a number: dither_strength=1"),
        ({"lenient": "no"}, "lenient='no' is text (str); give True or False"),
        ({"frame": "first"}, "frame='first' is text (str); give a whole number"),
        ({"palette": ["#000"]}, "is a list; give a Palette or Codebook, such as Codebook.from_hex"),
        ({"palette": bytearray(b"#000")}, "is a bytearray; give a Palette or Codebook"),
        ({"pinned": np.zeros((1, 3), np.uint8)}, "is an array; give a Codebook, such as Codebook"),
    ],
)
def test_an_option_of_another_type_is_refused_in_words(given: dict, says: str) -> None:
    with pytest.raises(OptionError, match=re.escape(says)):
        huepress.compress(PIXELS, **given)


WRONG = [None, "1", b"1", (1, 2), [], {}, {1.5}, object(), 1j, np.zeros(3), np.zeros((2, 2)), print]


@given(st.sampled_from([field.name for field in fields(CompressOptions)]), st.sampled_from(WRONG))
def test_no_value_of_an_option_gives_another_error_than_an_option_error(
    name: str, value: object
) -> None:
    try:
        CompressOptions(**{name: value})
    except OptionError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    assert len(said) < 250


@pytest.mark.parametrize(
    "call",
    [
        lambda: huepress.fit(Histogram.of(PIXELS), "16"),
        lambda: huepress.fit(Histogram.of(PIXELS), 4.0),
        lambda: huepress.fit(Histogram.of(PIXELS), 4, seed="a"),
        lambda: huepress.fit(Histogram.of(PIXELS), 4, tol="a"),
        lambda: huepress.fit(Histogram.of(PIXELS), 4, chroma="a"),
        lambda: huepress.fit(Histogram.of(PIXELS), 4, effort=[]),
        lambda: huepress.fit(Histogram.of(PIXELS), 4, threads="2"),
        lambda: huepress.fit(PIXELS, 4),
        lambda: huepress.nearest(PIXELS, CODES, threads=-1),
        lambda: huepress.nearest(PIXELS, ["#000"]),
        lambda: huepress.nearest(PIXELS.tolist(), CODES),
        lambda: huepress.ordered(PIXELS, CODES, threads=1.0),
        lambda: huepress.ordered(PIXELS, PIXELS),
        lambda: huepress.error_diffusion(PIXELS, CODES, strength="1"),
        lambda: huepress.error_diffusion(PIXELS, CODES, threads=True),
        lambda: huepress.error_diffusion(PIXELS, None),
        lambda: huepress.rate_aware(PIXELS, CODES, rate=500.0),
        lambda: huepress.rate_aware(PIXELS, CODES, rate=500, feedback=None),
        lambda: huepress.rate_aware(PIXELS, CODES, rate=500, threads="1"),
        lambda: huepress.rate_aware(PIXELS, None, rate=500),
        lambda: huepress.distortion(PIXELS, PIXELS, threads="1"),
        lambda: huepress.distortion("a.png", PIXELS),
        lambda: Histogram.of(PIXELS, threads="1"),
        lambda: Histogram.of("a.png"),
        lambda: Codebook(CODES.colors, pinned="1"),
        lambda: Codebook(CODES.colors, pinned=1.0),
        lambda: Codebook.from_hex([3]),
        lambda: IndexedImage(CODES.colors, np.zeros((2, 2), np.uint8)),
        lambda: Image.read(PIXELS, max_pixels="1000"),
        lambda: Image.read(PIXELS, frame="0"),
        lambda: huepress.compress(PIXELS, 16),
        lambda: huepress.compress(PIXELS, {"k": 16}),
    ],
)
def test_public_functions_refuse_other_types_in_words(call) -> None:
    with pytest.raises(OptionError, match=r"give|use|write") as caught:
        call()
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    plain = CompressOptions(k=16, quality=80.5, seed=3, lenient=True, keep=frozenset({"icc"}))
    numpy = CompressOptions(
        k=np.uint8(16),
        quality=np.float32(80.5),
        seed=np.int64(3),
        lenient=np.True_,
        keep=["icc"],
    )
    assert numpy == plain
    assert hash(numpy) == hash(plain)
    assert {type(getattr(numpy, name)) for name in ("k", "seed")} == {int}
    assert (type(numpy.quality), type(numpy.lenient)) == (float, bool)


# bytes and files


def test_the_bytes_of_a_result_are_what_save_writes(result, tmp_path: Path) -> None:
    (path,) = result.save(tmp_path / "a.png")
    buffer = io.BytesIO()
    assert result.save(buffer) == []
    with (tmp_path / "b.png").open("wb", buffering=0) as raw:
        result.save(raw)
        assert not raw.closed
    assert bytes(result) == path.read_bytes() == buffer.getvalue()
    assert bytes(result) == (tmp_path / "b.png").read_bytes()


def test_a_file_that_takes_a_few_bytes_at_a_time_gets_them_all(result) -> None:
    class Slow(io.RawIOBase):
        taken = b""

        def write(self, data) -> int:
            self.taken += bytes(data[:7])
            return len(data[:7])

    file = Slow()
    result.save(file)
    assert file.taken == bytes(result)


class Full(io.RawIOBase):
    def write(self, data) -> int:
        raise OSError("no room")


@pytest.mark.parametrize(
    ("file", "error", "says"),
    [
        (io.StringIO, OptionError, "takes no bytes; open it in mode 'wb'"),
        (lambda: 3, OptionError, "cannot save to a int; give a path or a file"),
        (Full, OutputError, "the Full object: cannot be written .no room.; check it"),
    ],
)
def test_what_cannot_take_the_bytes_is_refused_in_words(result, file, error, says: str) -> None:
    with pytest.raises(error, match=says):
        result.save(file())


def test_two_files_are_not_one_row_of_bytes() -> None:
    pair = huepress.compress(PIXELS, k=4, format="npy")
    for call in (lambda: bytes(pair), lambda: pair.save(io.BytesIO())):
        with pytest.raises(FormatError, match=r"npy is 2 files, .* npz"):
            call()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_whatever_holds_the_bytes_is_a_source(result, kind: type) -> None:
    content = bytes(result)
    assert Image.read(kind(content)) == Image(result.indexed.decode())
    assert huepress.decompress(kind(content)) == huepress.decompress(content)
    assert huepress.compress(kind(content), k=4).indexed == result.indexed


def test_a_view_with_gaps_is_a_source(result) -> None:
    spread = np.repeat(np.frombuffer(bytes(result), np.uint8), 2).tobytes()
    assert Image.read(memoryview(spread)[::2]) == Image(result.indexed.decode())


@pytest.mark.parametrize("source", [3, None, ["a.png"], io.StringIO("a")])
def test_what_is_no_source_is_refused_in_words(source: object) -> None:
    for call in (huepress.decompress, Image.read):
        with pytest.raises(InputError, match=r"give a path|open it in mode 'rb'"):
            call(source)


# arrays

NUMPY2 = np.lib.NumpyVersion(np.__version__) >= "2.0.0"


@pytest.mark.parametrize(
    ("value", "array"),
    [
        (Image(PIXELS), PIXELS),
        (CODES, CODES.colors),
        (IndexedImage(CODES, np.array([[0, 2]])), np.array([[[0] * 3, [255] * 3]], np.uint8)),
    ],
    ids=["image", "codebook", "indexed"],
)
def test_a_value_is_an_array_to_numpy(value, array: NDArray) -> None:
    assert np.array_equal(np.asarray(value), array)
    assert np.asarray(value).dtype == np.uint8
    assert np.array_equal(np.asarray(value, np.float32), array.astype(np.float32))
    mine = np.array(value)
    mine[:] = 9
    assert np.array_equal(np.asarray(value), array)
    if NUMPY2:
        with pytest.raises(ValueError, match="without a copy"):
            np.asarray(value, float, copy=False)


def test_no_copy_is_made_of_what_a_value_holds() -> None:
    image = Image(PIXELS)
    assert np.asarray(image) is image.pixels
    assert np.asarray(CODES) is CODES.colors
    assert not np.asarray(image).flags.writeable


def test_an_image_is_a_source_as_it_is() -> None:
    image = Image(PIXELS)
    assert Image.read(image) is image
    assert Image.read(IndexedImage(CODES, np.array([[0, 2]]))).width == 2


# equality and hashes


def values(colors: NDArray[np.uint8], labels: NDArray[np.uint8]) -> list:
    """Draw one of each, made anew."""
    codebook = Codebook(colors)
    indexed = IndexedImage(codebook, labels)
    histogram = Histogram.of(indexed.decode())
    palette = Palette(colors)
    return [
        codebook,
        Codebook(colors, 1),
        indexed,
        Image(indexed.decode()),
        Image(indexed.decode(), icc=b"profile"),
        Image(indexed.decode(), slots=Slots(palette, labels)),
        histogram,
        palette,
        Slots(palette, labels),
        huepress.fit(histogram, 2),
        huepress.fit(histogram, 2).trace,
        CompressOptions(palette=codebook),
        CompressOptions(pinned=codebook),
        huepress.distortion(indexed.decode(), indexed),
    ]


drawn_colors = st.lists(
    st.tuples(*[st.sampled_from([0, 7, 255])] * 3), min_size=2, max_size=3, unique=True
).map(lambda rows: np.array(rows, np.uint8))
drawn_labels = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=st.integers(0, 1)
)


@given(drawn_colors, drawn_labels)
def test_values_made_of_the_same_are_equal_and_hash_alike(colors, labels) -> None:
    for a, b in zip(values(colors, labels), values(colors, labels.copy()), strict=True):
        assert a == b
        assert hash(a) == hash(b)
        assert pickle.loads(pickle.dumps(a)) == a
        assert hash(copy.deepcopy(a)) == hash(a)


@given(drawn_colors, drawn_labels, drawn_colors, drawn_labels)
def test_values_are_equal_only_if_all_that_they_hold_is(c1, l1, c2, l2) -> None:
    first, second = values(c1, l1), values(c2, l2)
    same = np.array_equal(c1, c2)
    assert (first[0] == second[0]) == same
    assert (first[2] == second[2]) == (same and np.array_equal(l1, l2))
    assert (first[3] == second[3]) == np.array_equal(first[3].pixels, second[3].pixels)
    for i, a in enumerate(first):
        assert a != None  # noqa: E711 # the operator is what is tried
        assert all((a == b) == (i == j) for j, b in enumerate(first))


def test_where_an_image_came_from_does_not_make_it_another() -> None:
    result = huepress.compress(PIXELS, k=4)
    assert Image.read(bytes(result)) == Image(result.indexed.decode())
    assert len({Image.read(bytes(result)), Image(result.indexed.decode())}) == 1
