"""A command line read as pngquant reads it, which is not how Typer does.

A long name is written whole, a value may begin with a dash (``--quality -80``), an option may stand
behind files, none may be given twice, and ``--floyd`` has a value only behind its ``=``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huepress.cli.explained import Explained
from huepress.cli.pngquant.codes import NO_FILES
from huepress.cli.streams import one_line

VALUE_MAY_LACK = "floyd"
"""The one option whose value may be left out: it is text, empty without one."""


class WordsError(Exception):
    """Words that are no command line."""


@dataclass(slots=True)
class _Reader:
    """What has been read of the words so far."""

    fields: Mapping[str, tuple[str, bool]]
    """The field that a flag sets, and whether it takes a value."""
    words: list[str]
    typed: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def read(self) -> None:
        while self.words:
            word = self.words.pop(0)
            if word == "--":
                self.files += self.words
                return
            if word.startswith("--"):
                self._long(word)
            elif len(word) > 1 and word.startswith("-"):
                self._short(word[1:])
            else:
                self.files.append(word)

    def _long(self, word: str) -> None:
        flag, sign, value = word.partition("=")
        name, takes = self._known(flag)
        if sign and not takes:
            raise WordsError(f"{flag} takes no value; leave ={value} out")
        if not takes:
            self._set(flag, name, True)
        elif sign or name == VALUE_MAY_LACK:
            self._set(flag, name, value)
        else:
            self._set(flag, name, self._next(flag))

    def _short(self, letters: str) -> None:
        while letters:
            flag, letters = f"-{letters[0]}", letters[1:]
            name, takes = self._known(flag)
            if takes:
                self._set(flag, name, letters or self._next(flag))
                return
            self._set(flag, name, True)

    def _known(self, flag: str) -> tuple[str, bool]:
        if flag not in self.fields:
            raise WordsError(f"{flag} is no option of pngquant; see --help")
        return self.fields[flag]

    def _next(self, flag: str) -> str:
        if not self.words:
            raise WordsError(f"{flag} needs a value; see --help")
        return self.words.pop(0)

    def _set(self, flag: str, name: str, value: Any) -> None:
        if name in self.typed:
            raise WordsError(f"{flag} is given twice; give it once")
        self.typed[name] = value


class ReadAsPngquantDoes(Explained):
    """A command whose words are read here; Typer knows its options to tell of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give the command its parameters."""
        options: dict[str, Any] = {
            str(each.name): each for each in self.params if each.opts[0].startswith("-")
        }
        fields = {
            flag: (name, not option.is_flag)
            for name, option in options.items()
            for flag in option.opts
        }
        helps = dict.fromkeys(self.get_help_option_names(ctx), ("help", False))
        reader = _Reader({**fields, **helps}, list(args))
        try:
            reader.read()
        except WordsError as error:
            print(f"  error: {one_line(str(error))}", file=sys.stderr)
            ctx.exit(NO_FILES)
        if reader.typed.pop("help", False):
            print(self.get_help(ctx))
            ctx.exit(0)
        defaults = {name: option.default for name, option in options.items()}
        ctx.params = {**defaults, **reader.typed, "words": reader.files}
        return []
