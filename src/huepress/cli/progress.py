"""A bar on terminals that shows how far work has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from huepress.cli.printing import Output, Plain


@dataclass(frozen=True, slots=True)
class Bar:
    """What moves the bar: say what is being done, and that a step is done."""

    say: Callable[[str], None]
    advance: Callable[[], None]


@contextmanager
def progress(console: Output, description: str, total: int | None = None) -> Iterator[Bar]:
    """Show a bar while work is done, if the console is a terminal; without steps only the time."""
    if isinstance(console, Plain) or not console.is_terminal:
        yield Bar(lambda line: None, lambda: None)
        return
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    text, steps = TextColumn("{task.description}"), (BarColumn(), MofNCompleteColumn())
    columns = (text, *(steps if total is not None else ()), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield Bar(
            lambda line: bar.update(task, description=escape(line)), lambda: bar.advance(task)
        )
