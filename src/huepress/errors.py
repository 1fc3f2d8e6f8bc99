"""The errors that huepress raises: each names the value, the limit and the remedy."""

from __future__ import annotations

_MOST, _END = 1000, 250


class HuepressError(Exception):
    """Base of every error that huepress raises on purpose; the message names a value and a remedy.

    Values come from files too, so a message of more than 1000 characters loses its middle.
    """

    def __init__(self, message: str = "") -> None:
        if len(message) > _MOST:
            message = f"{message[: _MOST - _END]} … {message[-_END:]}"
        super().__init__(message)


class InputError(HuepressError):
    """The input cannot be read: missing, damaged, not an image, animated, or past a limit."""


class OptionError(HuepressError, ValueError):
    """An option, or a combination of options, cannot be carried out."""


class FormatError(HuepressError):
    """A value does not fit a file format, or a file breaks its format's rules."""


class OutputError(HuepressError):
    """An output cannot be written: it exists, its folder is missing, or it cannot be verified."""


class QualityError(HuepressError):
    """A wanted quality or size cannot be met."""
