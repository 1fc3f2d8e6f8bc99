"""What became of one file of many: plain values that cross processes by the thousand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FileStatus = Literal["written", "copied", "kept", "unchanged", "failed", "planned"]
"""'kept' is the original alone, 'copied' it and a copy, 'unchanged' what an earlier run has done
already, 'planned' what --dry-run would do."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one file.

    Parameters
    ----------
    source : str
        Path of the input, as it was found.
    status : {'written', 'copied', 'kept', 'unchanged', 'failed', 'planned'}
        What was done.
    outputs : tuple of str
        Files that were written, or stand there from an earlier run.
    input_bytes, output_bytes : int
        Of the files; equal where the original stays, 0 where it is not known.
    score : float or None
        SSIMULACRA2 of the result; None where there is none.
    seconds : float
        Time that a worker spent on it.
    error : str
        Why it failed, in a line, with options as the library writes them; empty otherwise.
    failure : str
        The class of the error, such as 'InputError'.
    reason : str
        Why the original stays: in a few words.
    note : str
        What else a line about it should say: a format that was chosen, a score that was missed.
    warnings : tuple of str
        What was said of it meanwhile.
    facts : mapping
        The object that --json prints.
    thumbnail : bytes
        A small picture of the result, a WebP, where one was asked for.
    """

    source: str
    status: FileStatus
    outputs: tuple[str, ...] = ()
    input_bytes: int = 0
    output_bytes: int = 0
    score: float | None = None
    seconds: float = 0.0
    error: str = ""
    failure: str = ""
    reason: str = ""
    note: str = ""
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    thumbnail: bytes = b""


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun with a file of so many bytes."""

    source: str
    input_bytes: int = 0
