"""Throw random pictures, codebooks and options at the kernels and check their laws.

Run it under a build with sanitizers, which see what no law does (CONTRIBUTING.md says how)::

    python tools/fuzz_kernels.py --minutes 10

Every case is drawn from a seed of its own, printed when a law fails; `--seed` starts there.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _core

Draw = np.random.Generator
SPACES = ("srgb", "linear", "oklab")
THREADS = (1, 2, 3, 7)
# around the groups, tiles and blocks of the kernels
SIZES = (0, 1, 2, 15, 16, 17, 63, 64, 65, 239, 240, 241, 511, 512, 513, 4095, 4097, 32767, 32769)


def pick(draw: Draw, choices: Any) -> Any:
    """Return one of the choices."""
    return choices[int(draw.integers(len(choices)))]


def colors(draw: Draw, n: int, channels: int) -> NDArray[np.uint8]:
    """Return colours of one of several kinds, from noise to nearly all alike."""
    kind = int(draw.integers(5))
    if kind == 0:
        values = draw.integers(0, 256, (n, channels))
    elif kind == 1:
        values = draw.choice([0, 1, 7, 8, 127, 128, 248, 254, 255], (n, channels))
    elif kind == 2:  # clumps
        centres = draw.integers(0, 256, (1 + int(draw.integers(9)), channels))
        values = centres[draw.integers(0, len(centres), n)] + draw.normal(0, 4, (n, channels))
    elif kind == 3:  # a ramp
        values = np.linspace(0, 255, max(n, 1))[:n, None] * draw.random(channels)
    else:
        values = np.full((n, channels), draw.integers(0, 256))
    result = np.clip(values, 0, 255).astype(np.uint8)
    if channels == 4 and n:
        alphas = pick(draw, ([255], [0], [0, 255], [0, 1, 128, 254, 255, 255, 255]))
        result[:, 3] = draw.choice(alphas, n)
    return result


def picture(draw: Draw, channels: int, most: int = 40000) -> NDArray[np.uint8]:
    """Return a picture of any size and form, perhaps without pixels."""
    n = int(draw.integers(0, 300)) if draw.random() < 0.5 else min(int(pick(draw, SIZES)), most)
    width = pick(draw, (1, max(n, 1), 7, 64, 251))
    height = -(-n // width)
    return colors(draw, height * width, channels).reshape(height, width, channels)


def fuzz_histogram(draw: Draw) -> None:
    """Check that parts, merged, count as NumPy does."""
    channels = pick(draw, (3, 4))
    pixels = picture(draw, channels)
    if draw.random() < 0.01:  # the way of large pictures
        pixels = np.resize(pixels, (2**11, 2**10 + 1, channels)) if pixels.size else pixels
    found = _core.histogram(pixels, threads=pick(draw, THREADS))
    cut = int(draw.integers(0, pixels.shape[0] + 1))
    parts = [
        _core.histogram(np.ascontiguousarray(part), threads=1) for part in np.split(pixels, [cut])
    ]
    merged = _core.merge_histograms(*parts[0], *parts[1])
    rows = pixels.reshape(-1, channels).copy()
    if channels == 4:
        rows[rows[:, 3] == 0] = 0
    expected, counts = np.unique(rows, axis=0, return_counts=True)
    for got in (found, merged):
        assert np.array_equal(got[0], expected)
        assert np.array_equal(got[1], counts)


def labelled(pixels: NDArray[np.uint8], codebook: NDArray[np.uint8], space: str) -> Any:
    """Return the labels that brute force finds: of opaque codes for opaque pixels."""
    points = _core.embed(pixels.reshape(-1, pixels.shape[2]), space)
    codes = _core.embed(codebook, space)
    labels, _ = _core.nearest_points(points, codes, threads=1)
    opaque = int(_core.embed(np.zeros((1, 3), np.uint8), space)[0, 3])
    solid, wanted = np.flatnonzero(codes[:, 3] == opaque), points[:, 3] == opaque
    if len(solid):
        found, _ = _core.nearest_points(points[wanted], codes[solid], threads=1)
        labels[wanted] = solid[found]
    return labels.reshape(pixels.shape[:2])


def fuzz_mapping(draw: Draw) -> None:
    """Check labels against brute force, and that threads change nothing."""
    channels, space, threads = pick(draw, (3, 4)), pick(draw, SPACES), pick(draw, THREADS)
    pixels = picture(draw, channels)
    k = int(pick(draw, (1, 2, 3, 16, 255, 256, 257, 700)))
    codebook = colors(draw, k, pick(draw, (3, 4)))
    if pixels.size and draw.random() < 0.5:
        codebook[: k // 2, :3] = pixels.reshape(-1, channels)[: k // 2, :3][:1]
    labels = _core.map_nearest(pixels, codebook, space, threads=threads)
    assert labels.dtype == (np.uint8 if k <= 256 else np.uint16)
    assert np.array_equal(labels, labelled(pixels, codebook, space))
    strength = int(pick(draw, (0, 1, 128, 255, 256)))
    diffused = _core.error_diffusion(pixels, codebook, space, strength, threads=threads)
    assert np.array_equal(
        diffused, _core.error_diffusion(pixels, codebook, space, strength, threads=1)
    )
    assert strength or np.array_equal(diffused, labels)
    ordered = _core.ordered(pixels, codebook, space, threads=threads)
    assert np.array_equal(ordered, _core.ordered(pixels, codebook, space, threads=1))
    for result in (diffused, ordered):
        assert result.shape == pixels.shape[:2]
        assert not result.size or result.max() < k
    if codebook.shape[1] == channels:
        _core.indexed_squared_error(pixels, codebook, labels, threads=threads)
    assert int(_core.label_counts(labels, k).sum()) == labels.size


def fuzz_fit(draw: Draw) -> None:
    """Check what every fit keeps, whatever its options."""
    n = int(draw.integers(0, 400)) if draw.random() < 0.8 else int(pick(draw, SIZES))
    points = _core.embed(colors(draw, n, pick(draw, (3, 4))), pick(draw, SPACES))
    weights = draw.integers(0, int(pick(draw, (2, 9, 2**16))), n).astype(np.uint32)
    if n and draw.random() < 0.1:
        weights[:] = 0
        weights[0] = 2**32 - 1
    k = int(pick(draw, (1, 2, 3, 16, 64, 300)))
    pins = _core.embed(colors(draw, int(draw.integers(0, min(k, 5) + 1)), 4), "oklab")
    options = {
        "seeding": pick(draw, ("principal-axis", "principal-axis", "k-means++", "random")),
        "n_init": int(pick(draw, (1, 1, 3))),
        "max_iter": int(draw.integers(0, 8)),
        "tol": float(pick(draw, (0.0, 1e-3, 0.5))),
        "seed": int(draw.integers(2**32)),
        "relaxation": int(draw.integers(16, 32)),
        "coarse_only": bool(draw.integers(2)),
        "coarse_detail": int(pick(draw, (1, 8, 100))),
        "coarse_starts": int(draw.integers(0, 4)),
        "swap_trials": int(pick(draw, (0, 5, 100))),
        "fine_detail": int(pick(draw, (0, 0, 9))),
        "sample": int(pick(draw, (0, 0, 1, 50))),
        "batch_size": int(pick(draw, (0, 0, 1, 40))),
        "opaque": int(pick(draw, (0, 0, 8672))),  # as Oklab places it
        "trades": int(pick(draw, (0, 10))),
    }
    one = _core.fit(points, weights, pins, k, **options, threads=1)
    many = _core.fit(points, weights, pins, k, **options, threads=pick(draw, THREADS))
    for a, b in zip(one, many, strict=True):
        assert np.array_equal(a, b)
    centroids, trace, inertia, moved, reseeded, _, _ = one
    assert np.array_equal(centroids[: len(pins)], pins)
    assert len(centroids) <= max(k, len(pins))
    assert not len(trace) or np.array_equal(trace[-1], centroids)
    assert len(trace) == len(inertia) == len(moved) == len(reseeded)
    if not options["batch_size"]:
        # To part the kinds of alpha may cost, where pinned codes lie nearest to opaque points.
        steps = inertia[:-1] if options["opaque"] else inertia
        assert (steps[1:] <= steps[:-1]).all()
    if len(inertia) and not options["sample"] and not options["coarse_only"]:
        _, distances = _core.nearest_points(points, centroids, threads=1)
        total = sum(int(w) * int(d) for w, d in zip(weights, distances, strict=True))
        assert total == int(inertia[-1])


def fuzz_spaces(draw: Draw) -> None:
    """Check the way to a fit space and back."""
    space = pick(draw, SPACES)
    pixels = colors(draw, int(pick(draw, SIZES)), pick(draw, (3, 4)))
    points = _core.embed(pixels, space)
    back = _core.unembed(points, space)
    if pixels.shape[1] == 3:
        assert np.array_equal(_core.embed(back, space), points)
    anywhere = draw.integers(-8191, 8192, (20, 4)).astype(np.int16)
    assert _core.unembed(anywhere, space).shape == (20, 4)


def fuzz_deflate(draw: Draw) -> None:
    """Check that zlib reads back what is deflated."""
    n = int(draw.integers(0, 3000)) if draw.random() < 0.8 else int(pick(draw, SIZES))
    data = draw.integers(0, int(pick(draw, (1, 2, 5, 64, 256))), n).astype(np.uint8)
    if n and draw.random() < 0.7:  # rows that are nearly alike
        data = np.resize(data[: 1 + int(draw.integers(n))], n)
        changed = draw.integers(0, n, n // int(pick(draw, (7, 40, 300))))
        data[changed] = draw.integers(0, 256, len(changed))
    effort = pick(draw, ("normal", "normal", "normal", "best"))
    assert zlib.decompress(_core.deflate(data, effort=effort)) == data.tobytes()


def fuzz_lzw(draw: Draw) -> None:
    """Check that labels come back from a GIF's codes, those too that were chosen for them."""
    height, width = (int(draw.integers(1, 90)) for _ in range(2))
    k = int(pick(draw, (1, 2, 3, 5, 17, 256)))
    if draw.random() < 0.5:
        labels = draw.integers(0, k, (height, width)).astype(np.uint8)
        labels = np.repeat(labels, int(pick(draw, (1, 3, 40))), axis=1)[:, :width].copy()
    else:
        channels = int(pick(draw, (3, 4)))
        pixels = colors(draw, height * width, channels).reshape(height, width, channels)
        codebook, mask = colors(draw, k, channels), draw.integers(0, 8192, (height, width, 2))
        labels, _ = _core.rate_aware_lzw(
            pixels,
            codebook,
            pick(draw, SPACES),
            mask.astype(np.uint16),
            int(pick(draw, (1, 900, 131072))),
            feedback=int(draw.integers(0, 257)),
            dither=int(pick(draw, (0, 0, 200))),
            beam=int(pick(draw, (1, 2, 64))),
        )
        assert labels.max() < len(codebook)
    effort = pick(draw, ("quick", "normal"))
    assert np.array_equal(unlzw(_core.lzw(labels, effort=effort)), labels.ravel())


def fuzz_screen(draw: Draw) -> None:
    """Check that what keeps still on a screen keeps still, whatever codes and coder."""
    height, width, channels = (
        *(int(draw.integers(1, 60)) for _ in range(2)),
        int(pick(draw, (3, 4))),
    )
    codebook = colors(draw, int(pick(draw, (1, 3, 16, 17, 255))), channels)
    pixels, shown = (
        colors(draw, height * width, channels).reshape(height, width, channels) for _ in range(2)
    )
    states = draw.choice([0, 1], (height, width)).astype(np.uint8)
    leave = int(draw.integers(0, len(codebook) + 1))
    book = np.insert(codebook, leave, int(draw.integers(0, 256)), axis=0)
    how = {} if draw.random() < 0.5 else {"vp8l": True}
    kernel = pick(draw, (_core.rate_aware, _core.rate_aware_lzw))
    labels, _ = kernel(
        pixels,
        book,
        pick(draw, SPACES),
        draw.integers(0, 8192, (height, width, 2)).astype(np.uint16),
        int(pick(draw, (1, 900, 131072))),
        feedback=int(draw.integers(0, 257)),
        dither=int(pick(draw, (0, 0, 200))),
        shown=shown,
        states=states,
        leave=leave,
        prior=int(draw.integers(0, 257)),
        **(how if kernel is _core.rate_aware else {}),
    )
    still = np.where((labels == leave)[..., None], shown, book[labels])
    assert (still == shown)[states == 1].all()


def unlzw(data: bytes) -> NDArray[np.uint8]:
    """Decode a GIF's image data as the standard says, strictly."""
    bits, at, stream = data[0], 1, b""
    while data[at]:
        stream += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    assert at == len(data) - 1
    value, place, out = int.from_bytes(stream, "little"), 0, bytearray()
    clear = 1 << bits
    table: list[bytes] = []
    width, before = bits + 1, b""
    while True:
        code = value >> place & ((1 << width) - 1)
        place += width
        if code == clear + 1:
            break
        if code == clear:
            table = [bytes([i]) for i in range(clear)] + [b"", b""]
            width, before = bits + 1, b""
            continue
        assert code < len(table) + bool(before)
        phrase = table[code] if code < len(table) else before + before[:1]
        out += phrase
        if before and len(table) < 4096:
            table.append(before + phrase[:1])
            width = min(max(width, len(table).bit_length()), 12)
        before = phrase
    assert 8 * len(stream) - place < 8
    return np.frombuffer(bytes(out), np.uint8)


def fuzz_vp8l(draw: Draw) -> None:
    """Write labels as a lossless WebP's image data; the tests read such files back."""
    height, width = (int(draw.integers(1, 60)) for _ in range(2))
    k = int(pick(draw, (1, 2, 3, 16, 17, 256)))
    labels = draw.integers(0, k, (height, width)).astype(np.uint8)
    if draw.random() < 0.7:  # rows that are nearly alike
        labels[1:] = labels[0]
        labels[draw.integers(height), draw.integers(width)] = 0
    palette = draw.integers(0, 256, (k, 4)).astype(np.uint8)
    assert _core.vp8l(labels, palette) == _core.vp8l(labels, palette)


FUZZERS: tuple[Callable[[Draw], None], ...] = (
    fuzz_histogram,
    fuzz_mapping,
    fuzz_mapping,
    fuzz_fit,
    fuzz_fit,
    fuzz_fit,
    fuzz_spaces,
    fuzz_deflate,
    fuzz_lzw,
    fuzz_screen,
    fuzz_vp8l,
)


def main() -> int:
    """Run until the time is up or a law fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    seed, cases = arguments.seed, Counter[str]()
    while time.monotonic() < end:
        fuzz = FUZZERS[seed % len(FUZZERS)]
        try:
            fuzz(np.random.default_rng(seed))
        except BaseException:
            print(f"{fuzz.__name__} fails with --seed {seed}", file=sys.stderr)
            raise
        cases[fuzz.__name__] += 1
        seed += 1
    summary = ", ".join(f"{name} {count}" for name, count in sorted(cases.items()))
    print(f"{_core.instruction_set()}: {cases.total()} cases held ({summary})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
