"""The command-line reference, made from the commands as Typer has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.commands.tree import Command, Parameter, program

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "<!-- the commands -->"


def reference() -> str:
    """Write all commands in Markdown."""
    return "\n".join(line for each in program().commands for line in _command(each))


def _command(command: Command) -> Iterator[str]:
    yield f"{'#' * (len(command.words) + 1)} `{command.name}`\n"
    if not command.commands:
        arguments = " ".join(argument.value for argument in command.arguments)
        yield f"```text\n{command.name} [OPTIONS] {arguments}\n```\n"
    yield _marked("\n\n".join(command.paragraphs)) + "\n"
    lines = (f"{example.line}  # {example.does}" for example in command.examples)
    yield "\n".join(("```sh", *lines, "```\n"))
    for parameter in (*command.arguments, *command.options):
        if "--help" not in parameter.flags:
            yield _parameter(parameter)
    for below in command.commands:
        yield from _command(below)


def _parameter(parameter: Parameter) -> str:
    names = [f"`{flag}`" for flag in parameter.flags]
    term = " ".join((", ".join(names), f"`{parameter.value}`" if parameter.value else "")).strip()
    told = [_marked(parameter.help)] if parameter.help else []
    if parameter.flags and parameter.required:
        told.append("Required.")
    elif parameter.default is not None:
        told.append(f"Default: `{parameter.default}`.")
    return f"{term}\n: {' '.join(told)}\n"


def _marked(text: str) -> str:
    """Set the options that a text names as code."""
    return re.sub(r"(?<![\w`-])(--[a-z][\w-]*|-[a-z]\b)", r"`\1`", text)


def _insert(_: Sphinx, __: str, source: list[str]) -> None:
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, reference())


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page that has the mark."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
