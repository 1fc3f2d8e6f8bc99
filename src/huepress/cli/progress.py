"""How far work has come, on the line at a terminal's foot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from huepress.cli.foot import cut, cut_front, foot, shown, width
from huepress.cli.printing import Output, Plain
from huepress.cli.streams import one_line
from huepress.common.humanize import size
from huepress.many.records import Record
from huepress.many.totals import Totals

_OVERHEAD = 65536
"""Bytes that a file counts for besides its own: an icon of 2 KiB takes nearly the time of one of
40 KiB."""

_NAME, _ROOM, _BAR = 12, 30, 16
"""Columns that a name has at least, and has before there is a bar; the bar's."""

_GAP = "  "


PLAIN_SECONDS = 10.0
"""From one line to the next where there is no terminal, of work on frames: most is done before."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What moves the line: say what is being done, which frame is, and that a step is done."""

    say: Callable[[str], None]
    frames: Callable[[str, int, int], None]
    advance: Callable[[], None]


@dataclass(slots=True)
class Frames:
    """What is being done to the frames of a moving picture, and how long it will take.

    Parameters
    ----------
    now : callable
        A clock in seconds.
    """

    now: Callable[[], float] = time.monotonic
    _what: str = ""
    _done: int = 0
    _total: int = 0
    _began: float = 0.0
    _at: float = 0.0

    def step(self, what: str, done: int, total: int) -> None:
        """Tell what is done, to how many frames up to now, and to how many in all, if any."""
        self._at = self.now()
        if what != self._what or done < self._done:
            self._began = self._at
        self._what, self._done, self._total = what, done, total

    def seconds_left(self) -> float | None:
        """Estimate the time until all frames are done; None where nothing tells."""
        if not 0 < self._done <= self._total or self._at <= self._began:
            return None
        whole = (self._at - self._began) * self._total / self._done
        return max(self._began + whole - self.now(), 0.0)

    def __str__(self) -> str:
        if not self._done:
            return self._what
        count = f"frame {self._done:,}"
        if not self._total:
            return f"{self._what}  {count}"
        left = self.seconds_left()
        line = f"{self._what}  {count}/{self._total:,}"
        return line if left is None else f"{line}  ETA {clock(left)}"


@contextmanager
def progress(
    console: Output,
    description: str,
    total: int | None = None,
    *,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Bar]:
    """Show a line while work is done, if the console is a terminal; of one step only the time.

    Elsewhere work on frames that takes long is told of by a line now and then.
    """
    began, done, said, told = now(), 0, description, now()
    frames = Frames(now)

    def say(line: str) -> None:
        nonlocal said
        said = line

    def on_frames(what: str, frame: int, n_frames: int) -> None:
        nonlocal told
        frames.step(what, frame, n_frames)
        if is_plain and now() - told >= PLAIN_SECONDS:
            told = now()
            console.print(one_line(f"{said}: {frames}"), markup=False, soft_wrap=True)

    def advance() -> None:
        nonlocal done
        done += 1

    def text_in(columns: int) -> str:
        steps = f"{done}/{total}  " if total is not None and total > 1 else ""
        line = f" {clock(now() - began)}  {steps}"
        doing = str(frames)
        if not doing:
            return cut(line + shown(said), columns)
        room = columns - width(line) - len(_GAP) - width(doing)
        name = cut_front(shown(said), room) + _GAP if room >= _NAME else ""
        return cut(line + name + doing, columns)

    is_plain = isinstance(console, Plain) or not console.is_terminal
    with foot(console, text_in):
        yield Bar(say, on_frames, advance)


@dataclass(slots=True)
class ManyFiles:
    """What moves the line about many files.

    Parameters
    ----------
    total_files, total_bytes : int
        All that are to be done.
    now : callable
        A clock in seconds.
    """

    total_files: int
    total_bytes: int
    now: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _running: dict[str, None] = field(init=False, default_factory=dict)
    _totals: Totals = field(init=False, default=Totals())
    _left: int = field(init=False)
    _worked: int = field(init=False, default=0)
    _estimate: tuple[float, float] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._began = self.now()
        self._left = self.total_bytes + _OVERHEAD * self.total_files

    def begun(self, source: str) -> None:
        """Tell that a file is being worked on."""
        self._running[source] = None

    def ended(self, record: Record) -> None:
        """Tell what became of a file."""
        self._running.pop(record.source, None)
        self._totals = self._totals.plus(record)
        weight = record.input_bytes + _OVERHEAD
        self._left = max(self._left - weight, 0)
        if record.status != "unchanged":  # which says nothing about how fast work is
            self._worked += weight
        if self._worked:
            now = self.now()
            self._estimate = now, (now - self._began) * self._left / self._worked

    def seconds_left(self) -> float | None:
        """Estimate the time that is left from the bytes done; None where that is not known.

        An estimate that has run out was wrong, and there is none until the next file ends.
        """
        if self._estimate is None:
            return None
        made, seconds = self._estimate
        left = made + seconds - self.now()
        return left if left >= 0 else None

    def text_in(self, columns: int) -> str:
        """Say in so many columns how far it is: the less room, the less is told."""
        totals, left, every = self._totals, self.seconds_left(), f"{self.total_files:,}"
        before, after = totals.input_bytes, totals.output_bytes
        parts = {
            "count": f"{totals.files:>{len(every)},}/{every} files",
            "failed": f"{totals.failed:,} failed" if totals.failed else "",
            "sizes": f"{size(before)} → {size(after)}" if before else "",
            "saved": f"saved {totals.saved:.0%}" if before else "",
            "left": f"ETA {'unknown' if left is None else clock(left)}",
        }
        told = ["count"]
        for part, spare in (("left", 0), ("saved", 0), ("failed", 0), ("sizes", _NAME)):
            if width(_joined(parts, [*told, part])) + spare <= columns:
                told.append(part)
        line = _joined(parts, told)
        room = columns - width(line) - len(_GAP)
        if room >= _ROOM + _BAR:
            filled = round(_BAR * min(totals.files / max(self.total_files, 1), 1))
            line = f" {'█' * filled}{'░' * (_BAR - filled)}{line}"
            room -= _BAR + 1
        name = next(iter(list(self._running)), "")
        if name and room >= _NAME:
            line += _GAP + cut_front(shown(name), room)
        return cut(line, columns)


@contextmanager
def many_files(console: Output, total_files: int, total_bytes: int) -> Iterator[ManyFiles]:
    """Show a line while many files are done, if the console is a terminal."""
    files = ManyFiles(total_files, total_bytes)
    with foot(console, files.text_in):
        yield files


def _joined(parts: dict[str, str], told: list[str]) -> str:
    """Put parts in their order behind the column that the cursor has."""
    return " " + _GAP.join(text for name, text in parts.items() if name in told and text)


def clock(seconds: float) -> str:
    """Write a time in hours, minutes and seconds.

    Examples
    --------
    >>> clock(7.9), clock(3725)
    ('0:07', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
