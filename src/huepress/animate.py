"""K-means at work: an animation of the centroids and of the picture that they paint.

Drawing needs the extra ``huepress[viz]``; MP4 needs ``ffmpeg`` on the PATH.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.colorspace import unembed
from huepress.common.arrays import frozen, owned
from huepress.common.by_content import ByContent
from huepress.common.files import write_files
from huepress.errors import OptionError, OutputError
from huepress.formats.moving import MOVING, MovingFormat, Stage
from huepress.kmeans import FitResult, fit
from huepress.mapping import nearest
from huepress.motion.screen import Box, box_of
from huepress.values.animation import Animation as Frames
from huepress.values.animation import Frame
from huepress.values.codebook import Codebook
from huepress.values.histogram import Histogram
from huepress.values.image import Image
from huepress.values.indexed import IndexedImage
from huepress.values.patch import Patch

Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]
"""Called with steps done and steps in all."""

SUFFIXES = (".gif", ".webp", ".apng", ".png", ".mp4")

CODES = 255
"""The most codes of all frames together: the 256th entry leaves a pixel as it was before."""

MIN_WIDTH, MAX_WIDTH = 320, 1280
MAX_FRAMES = 120
VIDEO_RATE = 25


@dataclass(frozen=True, eq=False, slots=True)
class Film(ByContent):
    """K-means at work: frames that share one codebook.

    Parameters
    ----------
    codebook : Codebook
        The colours of all frames, at most 255.
    labels : (n, h, w) uint8 ndarray
        The frames.
    durations : tuple of int
        Milliseconds to show each.

    Raises
    ------
    OptionError
        If a label is out of range, or frames and durations are not as many.

    Examples
    --------
    >>> codebook = Codebook.from_hex(["#000000", "#ffffff"])
    >>> blink = Film(codebook, np.array([[[0, 0]], [[0, 1]]], np.uint8), (500, 500))
    >>> len(blink), blink.encode(".gif")[:6]
    (2, b'GIF89a')
    """

    codebook: Codebook
    labels: NDArray[np.uint8]
    durations: tuple[int, ...]

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 3 or labels.dtype != np.uint8 or labels.size == 0:
            raise OptionError(
                f"frames have shape {labels.shape} and type {labels.dtype}; give (n, h, w) uint8"
            )
        if len(self.codebook) > CODES or self.codebook.channels != 3:
            raise OptionError(
                f"{len(self.codebook)} codes of {self.codebook.channels} channels; "
                f"give at most {CODES} opaque ones"
            )
        if int(labels.max()) >= len(self.codebook):
            raise OptionError(f"label {labels.max()} with {len(self.codebook)} codes")
        if len(labels) != len(self.durations) or min(self.durations) < 10:
            raise OptionError(
                f"{len(self.durations)} durations for {len(labels)} frames; give one each, "
                "10 ms or more"
            )
        object.__setattr__(self, "labels", frozen(labels, np.uint8))

    def __len__(self) -> int:
        return len(self.labels)

    def frame(self, index: int) -> IndexedImage:
        """Return one frame.

        Parameters
        ----------
        index : int
            From 0, or from the end when negative.

        Returns
        -------
        IndexedImage
            With the codebook of all.
        """
        return IndexedImage(self.codebook, self.labels[index])

    @property
    def frames(self) -> Frames:
        """The same as pixels, for all that takes a moving picture."""

        def opened() -> Iterator[Frame]:
            for index, duration in enumerate(self.durations):
                yield Frame(self.frame(index).decode(), duration)

        _, height, width = self.labels.shape
        return Frames(opened, width, height, n_frames=len(self))

    def encode(self, suffix: str) -> bytes:
        """Write the film as a file that repeats for ever.

        GIF, WebP and APNG hold exactly the frames' colours; MP4 is a lossy video.

        Parameters
        ----------
        suffix : str
            ``.gif``, ``.webp``, ``.apng`` (or ``.png``) or ``.mp4``.

        Returns
        -------
        bytes
            The file.

        Raises
        ------
        OptionError
            If there is no such format.
        OutputError
            If it is MP4 and ffmpeg is missing or fails.
        """
        if suffix == ".mp4":
            return _mp4(self)
        for form in MOVING.values():
            if suffix in form.suffixes:
                return _file(self, form)
        raise OptionError(f"an animation cannot be a {suffix!r} file; use {', '.join(SUFFIXES)}")

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the film to a file, whole or not at all.

        Parameters
        ----------
        path : str or Path
            Where to; the suffix names the format.
        overwrite : bool
            Whether an existing file may be replaced.
        """
        path = Path(path)
        write_files({path: self.encode(path.suffix.lower())}, overwrite=overwrite)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from base64 import b64encode

        return {"image/gif": b64encode(self.encode(".gif")).decode()}


def animate(
    image: Image | Pixels,
    fitted: FitResult,
    *,
    width: int = 640,
    interval: float = 0.4,
    hold: float = 2.5,
    max_frames: int = MAX_FRAMES,
    threads: int = 0,
    progress: Progress | None = None,
) -> Film:
    """Show k-means at work, iteration by iteration.

    Left are the picture's colours, in the plane in which they differ most, with the centroids and
    the paths they have come; right is the picture painted with them. All frames are mapped to one
    codebook, fitted to all frames.

    Parameters
    ----------
    image : Image or (h, w, 3 or 4) uint8 ndarray
        What was fitted.
    fitted : FitResult
        Its trace is shown.
    width : int
        Of the frames, 320 to 1280 pixels.
    interval, hold : float
        Seconds to show a frame, and the last frame.
    max_frames : int
        A longer trace is thinned out, less at its beginning, where more happens.
    threads : int
        Threads to use, 0 for one a core; the result is the same for any number.
    progress : callable, optional
        Called with steps done and steps in all.

    Returns
    -------
    Film
        One frame for every row of the trace.

    Raises
    ------
    OptionError
        If an option is out of its range.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
    >>> result = fit(Histogram.of(ramp), 4, seeding="random", max_iter=3)
    >>> len(animate(ramp, result, width=320)) == len(result.trace)
    True
    """
    for name, value, low, high in (
        ("width", width, MIN_WIDTH, MAX_WIDTH),
        ("interval", interval, 0.02, 60),
        ("hold", hold, 0.02, 60),
        ("max_frames", max_frames, 2, 1000),
    ):
        if not low <= value <= high:
            raise OptionError(f"{name}={value} is out of range; use {low} to {high}")
    image = image if isinstance(image, Image) else Image(image)
    rows = thinned(len(fitted.trace), max_frames)
    steps = 2 * len(rows)

    def advance(done: int) -> None:
        if progress is not None:
            progress(done, steps)

    advance(0)
    frames = []
    for frame in _drawn(image, fitted, rows, width, threads):
        frames.append(frame)
        advance(len(frames))
    histogram = reduce(add, (Histogram.of(frame, threads=threads) for frame in frames))
    codebook = fit(histogram, CODES, threads=threads).codebook
    labels = np.empty((len(frames), *frames[0].shape[:2]), np.uint8)
    for i, frame in enumerate(frames):
        labels[i] = nearest(frame, codebook, threads=threads).labels
        advance(len(frames) + i + 1)
    durations = [_milliseconds(interval)] * len(frames)
    durations[-1] = _milliseconds(hold)
    return Film(codebook, owned(labels), tuple(durations))


def _milliseconds(seconds: float) -> int:
    # A GIF states durations in hundredths of a second.
    return 10 * max(1, round(seconds * 100))


def thinned(n: int, most: int) -> list[int]:
    """Choose at most so many of n iterations: dense at first, where most moves; and the last."""
    if n <= most:
        return list(range(n))
    return sorted({round((n - 1) * (i / (most - 1)) ** 2) for i in range(most)})


def _drawn(
    image: Image, fitted: FitResult, rows: list[int], width: int, threads: int
) -> Iterator[Pixels]:
    from huepress.viz.frames import Stage

    stage = Stage(image, fitted, width)
    trace = fitted.trace.centroids
    for row in rows:
        codes = unembed(trace[row], fitted.space)[:, : image.channels]
        painted = nearest(
            stage.picture, _codebook(codes), space=fitted.space, threads=threads
        ).without_unused()
        yield stage.draw(row, codes, painted)


def _codebook(codes: Pixels) -> Codebook:
    """Make a codebook of centroids on their way, of which two may round to one colour."""
    if codes.shape[1] == 4:
        codes = np.where(codes[:, 3:] == 0, np.uint8(0), codes)
    return Codebook(np.unique(codes, axis=0))


def _file(film: Film, form: MovingFormat) -> bytes:
    n, height, width = film.labels.shape
    stage = Stage(width, height, 0 if n > 1 else 1, film.codebook, leaves=n > 1)
    stream = BytesIO()
    file = form.opened(stream, stage)
    before: NDArray[np.uint8] | None = None
    for labels, duration in zip(film.labels, film.durations, strict=True):
        patches = _patches(film.codebook, before, labels, duration, even=form.even_places)
        coded = ((form.coded(patch, stage), patch) for patch in patches)
        data, patch = min(coded, key=lambda pair: len(pair[0]))
        file.add(patch, data)
        before = labels
    file.finish()
    return stream.getvalue()


def _patches(
    codebook: Codebook,
    before: NDArray[np.uint8] | None,
    labels: NDArray[np.uint8],
    duration: int,
    *,
    even: bool,
) -> Iterator[Patch]:
    """Cut out the box that differs from the frame before: left alone where it does not, or drawn.

    What is left makes long runs; where it is scattered, drawing it anew takes fewer bytes.
    """
    if before is None:
        yield Patch(0, 0, labels, codebook, duration)
        return
    changed = before != labels
    leaving = np.uint8(len(codebook))
    box = box_of(changed) or Box(0, 1, 0, 1)
    if even:
        box = box._replace(top=box.top & ~1, left=box.left & ~1)
    drawn = labels[box.slices]
    partly = np.where(changed[box.slices], drawn, leaving)
    yield Patch(box.left, box.top, partly, codebook, duration)
    yield Patch(box.left, box.top, drawn, codebook, duration)


def _mp4(film: Film) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        raise OutputError("an MP4 needs ffmpeg, which is not on the PATH; install it, or use .gif")
    _, height, width = film.labels.shape
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "animation.mp4")
        command = [
            *(program, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-s", f"{width}x{height}", "-r", str(VIDEO_RATE), "-i", "-", "-an"),
            # Video players want an even number of pixels and halved chroma.
            *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white"),
            *("-c:v", "libx264", "-preset", "slow", "-crf", "16", "-tune", "animation"),
            *("-pix_fmt", "yuv420p", "-movflags", "+faststart", "-fflags", "+bitexact"),
            str(target),
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            try:
                for index, duration in enumerate(film.durations):
                    pixels = film.frame(index).decode().tobytes()
                    for _ in range(max(1, round(duration * VIDEO_RATE / 1000))):
                        process.stdin.write(pixels)
                process.stdin.close()
            except BrokenPipeError:
                pass  # ffmpeg has stopped; its message, read below, says why
            message = process.stderr.read().decode(errors="replace").strip()
        if process.returncode != 0:
            raise OutputError(f"ffmpeg failed: {message or process.returncode}; use .gif or .webp")
        return target.read_bytes()


def __getattr__(name: str) -> Any:
    if name == "Animation":
        from warnings import warn

        warn(
            "huepress.animate.Animation is named Film; huepress.Animation is any moving picture",
            DeprecationWarning,
            stacklevel=2,
        )
        return Film
    raise AttributeError(f"module 'huepress.animate' has no attribute {name!r}")
