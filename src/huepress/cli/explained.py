"""Commands whose help ends with examples."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from huepress.cli.examples import EXAMPLES, Example


class Explained(TyperCommand):
    """A command with examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help as Typer does, then the examples."""
        super().format_help(ctx, formatter)
        _show(EXAMPLES[named(ctx)])


class ExplainedGroup(TyperGroup):
    """A group of commands with examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help as Typer does, then the examples."""
        super().format_help(ctx, formatter)
        _show(EXAMPLES[named(ctx)])


def named(context: Any) -> str:
    """Say which command a context is of, as `EXAMPLES` does: without the program's name."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, context.info_name)
        context = context.parent
    return " ".join(words)


def _show(examples: tuple[Example, ...]) -> None:
    from rich.console import Console, Group
    from rich.panel import Panel
    from rich.text import Text
    from typer.rich_utils import FORCE_TERMINAL, MAX_WIDTH, STYLE_OPTIONS_PANEL_BORDER

    lines = []
    for example in examples:
        lines += [Text(f"# {example.does}", "dim"), Text(example.line)]
    panel = Panel(
        Group(*lines), title="Examples", title_align="left", border_style=STYLE_OPTIONS_PANEL_BORDER
    )
    Console(width=MAX_WIDTH, force_terminal=FORCE_TERMINAL, highlight=False).print(panel)
