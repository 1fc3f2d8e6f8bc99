"""One table of options: the library, the commands and the documentation say the same of each."""

import inspect
import re
import runpy
from dataclasses import fields
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import typer

import huepress
from huepress.animate import animate
from huepress.cli.app import app
from huepress.cli.option_table import Frames
from huepress.common.choices import FormatName, PaletteFormat
from huepress.formats import FORMATS
from huepress.formats.palettes import SUFFIXES
from huepress.option_table import OPTIONS, Option
from huepress.options import CompressOptions

FLAGGED = [row for row in OPTIONS if row.flags]
PARTS = {
    "min_quality": "quality",
    "dither_strength": "dither",
    "tile_left": "dither",
    "tile_top": "dither",
}
"""Options without a flag, by the option whose value holds them."""

COMMANDS = typer.main.get_command(app).commands


def options_of(command: str) -> dict:
    return {parameter.name: parameter for parameter in COMMANDS[command].params}


def choices(hint: object) -> tuple[str, ...]:
    """List the names that a type allows, where it is one of names."""
    kinds = get_args(hint) if get_origin(hint) is not Literal else (hint,)
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def test_the_table_has_a_row_for_every_option_in_order() -> None:
    assert [row.name for row in OPTIONS] == [field.name for field in fields(CompressOptions)]
    assert {row.name for row in OPTIONS if not row.flags} == PARTS.keys()


@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: row.name)
def test_a_default_stands_once(row: Option) -> None:
    assert getattr(CompressOptions(), row.name) == row.default
    assert inspect.signature(huepress.compress).parameters[row.name].default == row.default


@pytest.mark.parametrize("row", FLAGGED, ids=lambda row: row.name)
@pytest.mark.parametrize("command", ["compress", "report"])
def test_compress_and_report_take_every_option_as_the_table_says(command: str, row: Option) -> None:
    option = options_of(command)[row.name]
    assert tuple(option.opts) == row.flags
    assert option.help == row.help
    assert option.default == row.typed_default
    if row.metavar:
        assert option.metavar == row.metavar
    if row.typed_default is not None:
        assert row.typed_default == row.default


@pytest.mark.parametrize("row", FLAGGED, ids=lambda row: row.name)
def test_names_to_choose_from_are_those_of_the_library(row: Option) -> None:
    if row.name == "format":
        known = tuple(FORMATS)
    else:
        known = choices(get_type_hints(CompressOptions)[row.name])
    typed = choices(row.typed) or tuple(re.findall(r"[a-z]+", row.metavar or "")) * bool(known)
    assert sorted(typed) == sorted(known)


def test_the_formats_to_choose_from_are_those_that_can_be_written() -> None:
    assert set(get_args(FormatName)) == set(FORMATS)
    assert {f".{name}" for name in get_args(PaletteFormat)} == set(SUFFIXES)


def test_commands_say_the_same_of_an_option() -> None:
    table = {row.name: row for row in FLAGGED}
    groups = [COMMANDS, COMMANDS["plot"].commands]
    for command in (command for group in groups for command in group.values()):
        if command.name == "pngquant":  # whose options are pngquant's
            continue
        for option in command.params:
            row = table.get(option.name)
            if row is None or option.name == "k" or "--format" in option.opts:
                continue
            if row.flags[-1] in option.opts and option.help != row.help:
                assert (option.name, option.help) == ("dither", "How labels are chosen.")


@pytest.mark.parametrize(
    "function",
    [
        huepress.fit,
        huepress.nearest,
        huepress.ordered,
        huepress.error_diffusion,
        huepress.rate_aware,
        huepress.decompress,
        huepress.Image.read,
    ],
    ids=lambda function: function.__name__,
)
def test_functions_have_the_defaults_of_the_table(function) -> None:
    defaults = {row.name: row.default for row in OPTIONS}
    defaults["strength"] = defaults["dither_strength"]
    for name, parameter in inspect.signature(function).parameters.items():
        if name in defaults and parameter.default is not parameter.empty:
            assert parameter.default == defaults[name], name


def test_animate_has_the_defaults_of_its_function() -> None:
    parameters = inspect.signature(animate).parameters
    assert {field.name: field.default for field in fields(Frames)} == {
        field.name: parameters[field.name].default for field in fields(Frames)
    }


def documented() -> dict[str, str]:
    """Read the parameters that CompressOptions documents, and what it says of their types."""
    text = inspect.getdoc(CompressOptions)
    section = text.partition("Parameters\n----------\n")[2].partition("\n\nRaises")[0]
    heads = [line for line in section.splitlines() if not line.startswith(" ")]
    said = {}
    for head in heads:
        names, _, kind = head.partition(" : ")
        said |= dict.fromkeys(names.split(", "), kind)
    return said


def test_every_option_is_documented_with_its_choices_and_whether_it_may_be_left_out() -> None:
    said, hints = documented(), get_type_hints(CompressOptions)
    assert said.keys() == hints.keys()
    for name, kind in said.items():
        if not kind:  # described elsewhere, as `fit` does
            assert name in inspect.signature(huepress.fit).parameters
            continue
        assert kind.endswith(", optional") == (type(None) in get_args(hints[name])), name
        known = choices(hints[name])
        assert tuple(re.findall(r"'([^']+)'", kind)) == known, name


def test_the_command_reference_has_every_option_with_its_help_and_default() -> None:
    script = Path(__file__).parent.parent / "docs" / "_ext" / "commands.py"
    text = runpy.run_path(str(script))["reference"]()
    for row in FLAGGED:
        pattern = rf"^{', '.join(f'`{flag}`' for flag in row.flags)}.*\n: (.*)$"
        said = [line.replace("`", "") for line in re.findall(pattern, text, re.MULTILINE)]
        default = row.typed_default
        told = "" if default is None or default is False else f" Default: {default}."
        assert row.help + told in said, row.name
