"""The manual page, in the macros of man(7)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tools.commands.tree import Command, Parameter

from huepress import __version__

ROOT = Path(__file__).parents[2]

ENVIRONMENT = {"HUEPRESS_ISA": "The instruction set to use: plain, avx2, avx512 or neon."}


def manual(program: Command) -> str:
    """Write the page of the program and all its commands."""
    return "\n".join(_page(program)) + "\n"


def _page(program: Command) -> Iterator[str]:
    yield f'.TH HUEPRESS 1 {_released()} "huepress {__version__}" "User Commands"'
    yield ".ad l"
    yield ".SH NAME"
    yield f"huepress \\- {_text(program.summary[0].lower() + program.summary[1:])}"
    yield ".SH SYNOPSIS"
    synopses = [synopsis for command in program.commands for synopsis in _synopses(command)]
    for synopsis in synopses[:-1]:
        yield from (*synopsis, ".br")
    yield from synopses[-1]
    yield ".SH DESCRIPTION"
    yield from _paragraphs(program.paragraphs)
    yield from _options(program.options)
    for panel, commands in groupby(
        sorted(program.commands, key=lambda each: _panels(program).index(each.panel)),
        key=lambda each: each.panel,
    ):
        yield f'.SH "{_escaped(panel.upper())}"'
        for command in commands:
            for each in command.all():
                yield from _section(each)
    yield ".SH ENVIRONMENT"
    for name, meaning in ENVIRONMENT.items():
        yield from (".TP", f".B {name}", _text(meaning))
    yield '.SH "EXIT STATUS"'
    for code, meaning in _exit_codes():
        yield from (".TP", f".B {code}", _text(meaning))
    yield ".SH EXAMPLES"
    yield from _examples(program)
    yield '.SH "SEE ALSO"'
    yield r".BR optipng (1),"
    yield r".BR pngquant (1)"


def _panels(program: Command) -> list[str]:
    return list(dict.fromkeys(command.panel for command in program.commands))


def _synopses(command: Command) -> Iterator[tuple[str, str]]:
    for below in command.commands:
        yield from _synopses(below)
    if not command.commands:
        needed = (
            f"\\fB{_escaped(each.flags[0])}\\fR \\fI{_escaped(each.value)}\\fR"
            for each in command.options
            if each.required
        )
        arguments = (f"\\fI{_escaped(each.value)}\\fR" for each in command.arguments)
        name = f".B {_escaped(command.name)}"
        yield name, " ".join((r"[\fIOPTION\fR]...", *needed, *arguments))


def _section(command: Command) -> Iterator[str]:
    yield f'.SS "{_escaped(command.name)}"'
    yield from _paragraphs(command.paragraphs)
    for argument in command.arguments:
        if argument.help:
            yield from (".TP", f"\\fI{_escaped(argument.value)}\\fR", _text(argument.help))
    yield from _options(command.options)
    yield from (".PP", "Examples:", ".PP")
    yield from _examples(command)


def _paragraphs(paragraphs: tuple[str, ...]) -> Iterator[str]:
    first, *others = paragraphs
    yield _text(first)
    for paragraph in others:
        yield from (".PP", _text(paragraph))


def _options(options: tuple[Parameter, ...]) -> Iterator[str]:
    for option in options:
        names = ", ".join(f"\\fB{_escaped(flag)}\\fR" for flag in option.flags)
        told = [option.help]
        if option.required:
            told.append("Required.")
        elif option.default is not None:
            told.append(f"Default: {option.default}.")
        value = f" \\fI{_escaped(option.value)}\\fR" if option.value else ""
        yield from (".TP", names + value, _text(" ".join(told)))


def _examples(command: Command) -> Iterator[str]:
    yield ".EX"
    for example in command.examples:
        yield from (f"# {_escaped(example.does)}", rf"\fB{_escaped(example.line)}\fR")
    yield ".EE"


def _text(text: str) -> str:
    """Write text in lines: what stands between backquotes, and options, are bold."""
    text = re.sub(r"`([^`]+)`", "\0\\1\1", _escaped(text))
    text = re.sub(r"(?<![\w-])((?:\\-){1,2}[a-z](?:\w|\\-\w)*)", "\0\\1\1", text)
    text = text.replace("\0", r"\fB").replace("\1", r"\fR")
    lines = textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False)
    # A line that starts with a dot would be a command.
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)


def _escaped(text: str) -> str:
    """Write text so that no sign of it is a command to the typesetter."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


def _released() -> str:
    """Tell the day of the release, as the changelog has it."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    day = re.search(rf"^## {re.escape(__version__)} - (\S+)$", text, re.MULTILINE)
    assert day is not None, f"CHANGELOG.md has no release {__version__}"
    return day[1]


def _exit_codes() -> list[tuple[str, str]]:
    """Read the table of exit codes where the site has it."""
    text = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    return re.findall(r"^\| (\d[\d, ]*) \| (.*) \|$", text, re.MULTILINE)
