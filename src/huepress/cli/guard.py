"""A command's work under guard: what it raises becomes a message and an exit code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from huepress.cli.exits import FAILED, USAGE, explanation
from huepress.cli.signals import at_work
from huepress.cli.streams import say
from huepress.cli.warning import warnings_shown
from huepress.errors import HuepressError, OptionError
from huepress.option_table import OPTIONS

_FLAGS = {row.name: row.flags[-1] for row in OPTIONS if row.flags and row.name != "k"}
_FLAGS |= {name: f"--{name}" for name in ("width", "interval", "hold")}  # of `huepress animate`
_FLAGS |= {name: f"--{name}" for name in ("fps", "start", "duration")}  # of moving pictures
_FLAGS |= {"jobs": "--jobs"}
_FLAGS |= {"min_quality": "--quality MIN"}
"""Options as they are typed, by the keywords of the library; k is k."""


def guarded(work: Callable[[], int]) -> int:
    """Run a command's work, and turn what it raises, but for signals, into an exit code."""
    at_work()
    try:
        with warnings_shown(say):
            return work()
    except OptionError as error:
        say(told(str(error)))
        return USAGE
    except HuepressError as error:
        say(told(str(error)))
        return FAILED
    except (MemoryError, ImportError, OSError) as error:
        say(str(explanation(error)))
        return FAILED


def facts_of_each(
    inputs: Iterable[str], facts_of: Callable[[str], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Find the facts of each input; one that fails is told of, and its facts are its error."""
    for source in inputs:
        try:
            yield facts_of(source)
        except OptionError:
            raise
        except HuepressError as error:
            say(told(str(error)))
            yield {"input": source, "error": told(str(error))}


def with_flags(facts: dict[str, Any]) -> dict[str, Any]:
    """Word an error among facts for the command line."""
    return {**facts, "error": told(facts["error"])} if "error" in facts else facts


def told(error: str) -> str:
    """Word an error of the library, which writes options as keywords, for the command line."""
    return re.sub(
        r"\b([a-z]+(?:_[a-z]+)*)=(?=\S)",
        lambda match: f"{_FLAGS[match[1]]} " if match[1] in _FLAGS else match[0],
        error,
    )
