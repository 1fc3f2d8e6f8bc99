"""The command-line reference, made from what Typer sees of the commands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo

from huepress.cli.app import app
from huepress.cli.examples import EXAMPLES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "<!-- the commands -->"


def reference() -> str:
    """Write all commands in Markdown."""
    return "\n".join(_commands(app, "huepress", 2))


def _commands(program: typer.Typer, prefix: str, level: int) -> Iterator[str]:
    for command in program.registered_commands:
        assert command.callback is not None
        name = f"{prefix} {command.name or command.callback.__name__}"
        yield from _command(command.callback, name, level)
    for group in program.registered_groups:
        inner = group.typer_instance
        assert inner is not None
        name = f"{prefix} {inner.info.name}"
        yield f"{'#' * level} `{name}`\n\n{inner.info.help}\n"
        yield from _commands(inner, name, level + 1)


def _command(function: Callable[..., Any], name: str, level: int) -> Iterator[str]:
    hints = get_type_hints(function, include_extras=True)
    parameters = [
        (parameter, *get_args(hints[parameter.name])[:2])
        for parameter in inspect.signature(function).parameters.values()
        if get_args(hints[parameter.name])
    ]
    arguments = [info.metavar for _, _, info in parameters if isinstance(info, ArgumentInfo)]
    yield f"{'#' * level} `{name}`\n"
    yield f"```text\n{name} [OPTIONS] {' '.join(arguments)}\n```\n"
    yield _marked(inspect.getdoc(function) or "") + "\n"
    lines = (f"{example.line}  # {example.does}" for example in EXAMPLES[name.partition(" ")[2]])
    yield "\n".join(("```sh", *lines, "```\n"))
    for parameter, kind, info in parameters:
        help_text = [_marked(info.help)] if info.help else []
        if isinstance(info, ArgumentInfo):
            term = f"`{info.metavar}`"
        else:
            # Inside Annotated, the first name of an option stands where its default would.
            flags = [name for name in (info.default, *(info.param_decls or ())) if name is not ...]
            value = _value(kind, info.metavar)
            term = ", ".join(f"`{flag}`" for flag in flags) + (f" `{value}`" if value else "")
            if parameter.default is inspect.Parameter.empty:
                help_text.append("Required.")
            elif parameter.default is not None and parameter.default is not False:
                help_text.append(f"Default: `{parameter.default}`.")
        yield f"{term}\n: {' '.join(help_text)}\n"


def _marked(text: str) -> str:
    """Set the options that a text names as code."""
    return re.sub(r"(?<![\w`-])(--[a-z][\w-]*|-[a-z]\b)", r"`\1`", text)


def _value(kind: Any, metavar: str | None) -> str:
    if metavar is not None or kind is bool:
        return metavar or ""
    choices = [option for option in get_args(kind) or [kind] if option is not type(None)]
    if get_origin(kind) is Literal:
        return "|".join(map(str, choices))
    if get_origin(choices[0]) is Literal:
        return "|".join(map(str, get_args(choices[0])))
    return {int: "N", float: "X"}.get(choices[0], "VALUE")


def _insert(_: Sphinx, __: str, source: list[str]) -> None:
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, reference())


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page that has the mark."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
