"""Laws of labels for a frame of a moving picture: what the screen shows may be left as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from huepress import _core

UNIT = 4096
FREE, STILL, REDRAWN = 0, 1, 2


def lzw(*arguments, **options):
    return _core.rate_aware_lzw(*arguments, **options)[0]


def deflate(*arguments, **options):
    return _core.rate_aware(*arguments, **options)[0]


def vp8l(*arguments, **options):
    return _core.rate_aware(*arguments, vp8l=True, **options)[0]


KERNELS = (lzw, deflate, vp8l)


@st.composite
def scenes(draw):
    """A frame, what the screen shows, what may become of each pixel, a codebook and a mask."""
    channels = draw(st.sampled_from([3, 4]))
    height, width = draw(st.integers(1, 20)), draw(st.integers(1, 50))
    k = draw(st.sampled_from([1, 2, 5, 15, 16, 17, 255]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    codebook = rng.integers(0, 256, (k, channels), np.uint8)
    few = rng.integers(0, 256, (6, channels), np.uint8)
    if channels == 4:
        codebook[:, 3] = 255
        few[:, 3] = 255
        if k > 1:
            codebook[-1] = few[-1] = 0
    colors = np.concatenate([few, codebook[:4]])
    pixels = colors[draw(hnp.arrays(np.uint8, (height, width), elements=st.integers(0, 5)))]
    shown = colors[rng.integers(0, len(colors), (height, width))]
    states = rng.choice([FREE, STILL, REDRAWN], (height, width), p=[0.5, 0.4, 0.1])
    # What is redrawn has a colour of the codebook.
    redrawn = codebook[rng.integers(0, k, (height, width))]
    shown = np.where((states == REDRAWN)[..., None], redrawn, shown)
    mask = rng.integers(0, 2 * UNIT, (height, width, 2), np.uint16)
    return tuple(
        map(np.ascontiguousarray, (pixels, shown, states.astype(np.uint8), codebook, mask))
    )


def mapped(kernel, scene, lam, *, leaves=True, **options):
    pixels, shown, states, codebook, mask = scene
    book = np.concatenate([codebook, codebook[-1:]]) if leaves else codebook
    leave = len(codebook) if leaves else -1
    return kernel(
        pixels, book, "oklab", mask, lam, shown=shown, states=states, leave=leave, **options
    )


def painted(labels, scene):
    _, shown, _, codebook, _ = scene
    colors = np.concatenate([codebook, codebook[-1:]])[labels]
    return np.where((labels == len(codebook))[..., None], shown, colors)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)
@given(
    scene=scenes(),
    lam=st.integers(1, 65536),
    feedback=st.integers(0, 256),
    dither=st.integers(0, 256),
)
def test_a_pixel_that_is_not_free_shows_what_it_has_to(kernel, scene, lam, feedback, dither):
    labels = mapped(kernel, scene, lam, feedback=feedback, dither=dither)
    _, shown, states, codebook, _ = scene
    held = states != FREE
    assert (painted(labels, scene) == shown)[held].all()
    assert (labels[states == REDRAWN] < len(codebook)).all()


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)
@given(
    scene=scenes(),
    lam=st.integers(1, 65536),
    feedback=st.integers(0, 256),
    dither=st.integers(0, 256),
)
def test_the_portable_bodies_choose_the_same_labels(kernel, scene, lam, feedback, dither):
    how = {"feedback": feedback, "dither": dither}
    fast, portable = (mapped(kernel, scene, lam, portable=which, **how) for which in (False, True))
    assert (fast == portable).all()


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)
@given(scene=scenes(), lam=st.integers(1, 65536), cap=st.integers(0, 1 << 26))
def test_no_pixel_is_left_that_lies_further_from_its_colour_than_the_cap_allows(
    kernel, scene, lam, cap
):
    pixels, shown, states, codebook, mask = scene
    labels = mapped(kernel, scene, lam, cap=cap)
    assert labels.max() <= len(codebook)

    def squared(a, b):
        points = (
            _core.embed(np.ascontiguousarray(x.reshape(-1, x.shape[-1])), "oklab").astype(int)
            for x in (a, b)
        )
        one, other = points
        return ((one[:, None] - other[None]) ** 2).sum(-1)

    if pixels.shape[2] == 4:
        kind = pixels[..., 3] == shown[..., 3]
        left = (labels == len(codebook)) & (states == FREE)
        assert kind[left].all()
        # A clear pixel has the clear codes, and an opaque one the opaque.
        return
    nearest = squared(pixels, codebook).min(1).reshape(labels.shape)
    here = np.diagonal(squared(pixels, painted(labels, scene))).reshape(labels.shape)
    weight = np.maximum(mask[..., 0].astype(np.int64), 1)
    within = (here - nearest) * weight**2 <= cap * UNIT**2
    assert within[states == FREE].all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_does_not_change_takes_next_to_no_bits(kernel):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 80, 3), np.uint8)
    mask = np.full((60, 80, 2), UNIT, np.uint16)
    book = np.ascontiguousarray(pixels[::8, ::8].reshape(-1, 3))
    states = np.full((60, 80), STILL, np.uint8)
    states[20:25, 30:35] = FREE
    scene = pixels, pixels, states, book, mask
    labels = mapped(kernel, scene, 2000)
    assert (painted(labels, scene) == pixels).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_noise_below_the_cap_is_left_as_it_was_shown(kernel):
    rng = np.random.default_rng(0)
    before = np.repeat(rng.integers(100, 160, (40, 64, 1), np.uint8), 3, axis=2)
    pixels = before + rng.integers(0, 3, before.shape, np.uint8) - np.uint8(1)
    mask = np.full((40, 64, 2), UNIT, np.uint16)
    book = np.stack([np.arange(100, 160)] * 3, axis=1).astype(np.uint8)
    states = np.zeros((40, 64), np.uint8)
    states[:10] = STILL  # so that the coder knows that pixels are left
    scene = pixels, before, states, book, mask
    assert (mapped(kernel, scene, 20000, prior=48)[10:] == len(book)).mean() > 0.9
    # Where bits are worth nothing, only what is as near as the nearest code.
    left = mapped(kernel, scene, 1, prior=48) == len(book)
    points, before_points, codes = (
        _core.embed(np.ascontiguousarray(x.reshape(-1, 3)), "oklab").astype(int)
        for x in (pixels, before, book)
    )
    nearest = ((points[:, None] - codes[None]) ** 2).sum(-1).min(1).reshape(left.shape)
    error = ((points - before_points) ** 2).sum(-1).reshape(left.shape)
    assert (error <= nearest + 4)[10:][left[10:]].all()


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)
@given(scene=scenes(), lam=st.integers(1, 65536))
def test_without_a_code_that_leaves_pixels_all_are_drawn(kernel, scene, lam):
    pixels, _, states, codebook, mask = scene
    shown = codebook[np.random.default_rng(lam).integers(0, len(codebook), states.shape)]
    drawn = pixels, np.ascontiguousarray(shown), states, codebook, mask
    labels = mapped(kernel, drawn, lam, leaves=False)
    assert (codebook[labels] == shown)[states != FREE].all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": None}, "go together"),
        ({"shown": None}, "go together"),
        ({"shown": None, "states": None}, "leave goes with"),
        ({"leave": 9}, "place of a code"),
        ({"states": np.full((4, 5), 3, np.uint8)}, "0 to 2"),
        ({"states": np.zeros((4, 4), np.uint8)}, "as wide and high"),
        ({"shown": np.zeros((4, 5, 4), np.uint8)}, "shape of pixels"),
    ],
)
def test_wrong_arguments_are_refused(kernel, change, message):
    pixels = np.zeros((4, 5, 3), np.uint8)
    given = {"shown": pixels, "states": np.zeros((4, 5), np.uint8), "leave": 1, **change}
    mask = np.full((4, 5, 2), UNIT, np.uint16)
    with pytest.raises(ValueError, match=message):
        kernel(pixels, np.zeros((2, 3), np.uint8), "oklab", mask, 100, **given)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(deadline=None)
@given(scene=scenes(), lam=st.integers(1, 65536), at=st.integers(0, 255), color=st.integers(0, 255))
def test_neither_place_nor_colour_of_the_code_that_leaves_pixels_matter(
    kernel, scene, lam, at, color
):
    pixels, shown, states, codebook, mask = scene
    at %= len(codebook) + 1
    book = np.insert(codebook, at, color, axis=0)
    if book.shape[1] == 4:
        book[at, 3] = 255
    labels = kernel(pixels, book, "oklab", mask, lam, shown=shown, states=states, leave=at, prior=3)
    left = labels == at
    assert not left[states == REDRAWN].any()
    drawn = np.where(left[..., None], shown, book[labels])
    assert (drawn == shown)[states != FREE].all()
    if at == len(codebook):
        assert (labels == mapped(kernel, scene, lam, prior=3)).all()
