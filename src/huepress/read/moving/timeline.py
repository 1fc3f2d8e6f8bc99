"""Which frames are shown, and for how long, when a part or another rate is wanted."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from huepress.errors import InputError
from huepress.read.canvas import check_count, rounded_times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from huepress.read.moving.wanted import Wanted


class Shown(NamedTuple):
    """A frame, by its place, and for how many milliseconds it is shown."""

    place: int
    duration: int


def timeline(durations: Sequence[int], wanted: Wanted, name: str) -> list[Shown]:
    """Return what is shown of frames that last so long; indices never fall.

    At another rate, each instant shows the frame that was on the screen then, and all together last
    as long as before. Where all durations are 0 there are no instants to choose from: each frame
    is shown once.

    Examples
    --------
    >>> from huepress.read.moving.wanted import Wanted
    >>> [tuple(shown) for shown in timeline([100, 0, 50], Wanted(start=20, duration=90), "it")]
    [(0, 80), (1, 0), (2, 10)]
    """
    shown = _part(durations, wanted, name)
    if wanted.fps is None:
        return shown
    total = sum(duration for _, duration in shown)
    if total == 0:
        times = rounded_times([(wanted.fps.denominator, wanted.fps.numerator)] * len(shown))
        return [Shown(index, duration) for (index, _), duration in zip(shown, times, strict=True)]
    return _at_rate(shown, total, wanted.fps, name)


def constant(n_frames: int, fps: Fraction) -> list[int]:
    """Return the durations of so many frames at a constant rate."""
    return list(rounded_times([(fps.denominator, fps.numerator)] * n_frames))


def _part(durations: Sequence[int], wanted: Wanted, name: str) -> list[Shown]:
    """Cut off what lies before the start, and behind the end."""
    total = sum(durations)
    if wanted.start == 0 and wanted.duration is None:
        return [Shown(index, duration) for index, duration in enumerate(durations)]
    end = total if wanted.duration is None else wanted.start + wanted.duration
    shown = []
    for index, (begin, after) in enumerate(pairwise(accumulate(durations, initial=0))):
        seen = min(after, end) - max(begin, wanted.start)
        instant = begin == after and wanted.start <= begin < end
        if seen > 0 or instant:
            shown.append(Shown(index, max(seen, 0)))
    if not shown:
        raise InputError(
            f"{name}: lasts {total / 1000:g} s, and is wanted from {wanted.start / 1000:g} s on; "
            "start earlier (--start)"
        )
    return shown


def _at_rate(shown: list[Shown], total: int, fps: Fraction, name: str) -> list[Shown]:
    """Choose the frame of every instant i/fps that lies before the end."""
    step = 1000 / fps
    count = -(-total * step.denominator // step.numerator)
    check_count(count, name)
    ends = list(accumulate(duration for _, duration in shown))
    chosen = []
    place = 0
    for i in range(count):
        instant = i * step.numerator // step.denominator
        while ends[place] <= instant:
            place += 1
        until = total if i == count - 1 else _rounded((i + 1) * step)
        chosen.append(Shown(shown[place].place, until - _rounded(i * step)))
    return chosen


def _rounded(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
