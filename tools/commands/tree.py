"""The commands as plain values, for all that writes about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import typer

from huepress.cli.app import app
from huepress.cli.examples import EXAMPLES, Example

Takes = Literal["nothing", "choice", "choices", "file", "folder", "value"]

_FILES = ("FILE", "IN", "OUT", "IMAGE", "PNG", "MAP", "ORIGINAL", "OTHER", "PATH", "SRC", "NEW")
_FOLDERS = ("DIR",)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option, or an argument where it has no flags."""

    flags: tuple[str, ...]
    value: str
    """What stands for the value in a help; nothing where there is none."""
    help: str
    takes: Takes
    choices: tuple[str, ...]
    default: str | None
    required: bool
    repeatable: bool
    panel: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command or a group of commands."""

    words: tuple[str, ...]
    """After the program's name."""
    paragraphs: tuple[str, ...]
    panel: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    commands: tuple[Command, ...]
    examples: tuple[Example, ...]

    @property
    def name(self) -> str:
        """As it is typed."""
        return f"huepress{self.path}"

    @property
    def path(self) -> str:
        """Its words, each after a space: what completions know it by."""
        return "".join(f" {word}" for word in self.words)

    @property
    def summary(self) -> str:
        """Its first sentence, without the full stop."""
        return self.paragraphs[0].rstrip(".")

    def all(self) -> Iterator[Command]:
        """Yield it and all commands below it."""
        yield self
        for command in self.commands:
            yield from command.all()


def program() -> Command:
    """Read the program's commands."""
    command = typer.main.get_command(app)
    return _command(command, typer.Context(command, **app.info.context_settings), ())


def _command(command: Any, context: typer.Context, words: tuple[str, ...]) -> Command:
    known = [_parameter(each) for each in command.get_params(context) if not each.hidden]
    return Command(
        words,
        tuple(" ".join(part.split()) for part in (command.help or "").split("\n\n")),
        command.rich_help_panel or "",
        tuple(each for each in known if not each.flags),
        tuple(each for each in known if each.flags),
        tuple(
            _command(below, typer.Context(below, parent=context), (*words, name))
            for name, below in getattr(command, "commands", {}).items()
        ),
        EXAMPLES[" ".join(words)],
    )


def _parameter(parameter: Any) -> Parameter:
    is_option = parameter.opts[0].startswith("-")
    is_flag = bool(getattr(parameter, "is_flag", False))
    takes, choices = ("nothing", ()) if is_flag else _values(parameter)
    return Parameter(
        # Those of --help are in no order; those that say no come last.
        (*sorted(parameter.opts, key=len), *parameter.secondary_opts) if is_option else (),
        "" if is_flag else parameter.metavar or _stand_in(parameter, choices),
        parameter.help or "",
        takes,
        choices,
        None if is_flag or parameter.default is None else str(parameter.default),
        parameter.required,
        bool(getattr(parameter, "multiple", False)) or parameter.nargs != 1,
        getattr(parameter, "rich_help_panel", None) or "",
    )


def _values(parameter: Any) -> tuple[Takes, tuple[str, ...]]:
    """Tell what an option or argument takes: metavars name files, or list words to choose from."""
    if hasattr(parameter.type, "choices"):
        return "choice", tuple(map(str, parameter.type.choices))
    shown = parameter.metavar or ""
    words = re.split(r"[|,]", re.sub(r"\[.*?\]|\.\.\.", "", shown))
    if len(words) > 1 and all(re.fullmatch(r"[a-z][a-z-]*", word) for word in words):
        return ("choices" if "," in shown else "choice"), tuple(words)
    if words[0].split(" ")[0] in _FILES:
        return "file", ()
    return ("folder" if words[0] in _FOLDERS else "value"), ()


def _stand_in(parameter: Any, choices: tuple[str, ...]) -> str:
    if choices:
        return "|".join(choices)
    return {"integer": "N", "float": "X"}.get(parameter.type.name, "VALUE")
