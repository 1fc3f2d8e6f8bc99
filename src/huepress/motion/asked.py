"""`MovingOptions`: what is asked of a moving picture besides what is asked of any picture."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from huepress.errors import OptionError
from huepress.options import CompressOptions
from huepress.read.moving.wanted import wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingOptions:
    """What is asked of a moving picture besides what is asked of any picture.

    Parameters
    ----------
    fps, start, duration, width
        Which part is read, how often a second, and how large: see `Animation.read`.
    drop_duplicates : bool
        Make one frame of equal ones that follow each other.
    lossless : bool
        Keep every pixel of every frame.

    Raises
    ------
    OptionError
        If one is out of its range.

    Examples
    --------
    >>> MovingOptions(fps=12.5, lossless=True).given
    ('--fps 12.5', '--lossless')
    """

    fps: float | None = None
    start: float = 0.0
    duration: float | None = None
    width: int | None = None
    drop_duplicates: bool = False
    lossless: bool = False

    def __post_init__(self) -> None:
        wanted(**self.reading(), max_pixels=None, lenient=False)

    def reading(self) -> dict[str, Any]:
        """Return the options of `Animation.read` that it has."""
        return {name: getattr(self, name) for name in _READING}

    @property
    def given(self) -> tuple[str, ...]:
        """Those that are not as by default, as they are typed."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        given = {each.name for each in fields(self) if values[each.name] != each.default}
        return tuple(
            f"--{name.replace('_', '-')}" + ("" if value is True else f" {value:g}")
            for name, value in values.items()
            if name in given
        )

    @property
    def changes_frames(self) -> bool:
        """Whether other frames than the original's are wanted, whatever that does to the bytes."""
        plain = MovingOptions()
        return self.reading() != plain.reading()


_READING = ("fps", "start", "duration", "width")


def check_lossless(options: CompressOptions) -> None:
    """Refuse what asks for other pixels than the original's."""
    given = {
        f"k={options.k}": options.k is not None,
        f"quality={options.quality}": options.quality is not None,
        f"target_size={options.target_size}": options.target_size is not None,
        f"dither={options.dither!r}": options.dither is not None,
    }
    for name, is_given in given.items():
        if is_given:
            raise OptionError(
                f"--lossless keeps every pixel, and {name} asks for others; give one of them"
            )
