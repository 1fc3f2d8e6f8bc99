"""Options in groups: Typer sees each option, and a command takes one frozen value a group.

A parameter of a command stands for a group if its type is a dataclass, whose fields are then the
options, in the panel of the help that its `PANEL` names, or `Written` annotated with rows of the
option table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from functools import update_wrapper
from typing import Annotated, Any, get_args, get_type_hints

import typer

from huepress.cli.written import Written
from huepress.option_table import Option

Parameters = list[inspect.Parameter]


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Put the options of each group in the group's place in what Typer sees of a command."""
    hints = get_type_hints(command, include_extras=True)
    shown: Parameters = []
    groups: dict[str, tuple[Callable[..., object], Parameters]] = {}
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        if get_args(hint) and get_args(hint)[0] is Written:
            rows: tuple[Option[Any], ...] = get_args(hint)[1]
            groups[parameter.name] = _written, [_of_row(row) for row in rows]
        elif is_dataclass(hint):
            assert isinstance(hint, type)
            groups[parameter.name] = hint, _of_fields(hint)
        else:
            shown.append(_keyword(parameter.name, hint, parameter.default))
            continue
        shown += groups[parameter.name][1]

    def with_options(**typed: Any) -> None:
        for name, (make, members) in groups.items():
            typed[name] = make(**{member.name: typed.pop(member.name) for member in members})
        command(**typed)

    update_wrapper(with_options, command)
    del with_options.__dict__["__wrapped__"]
    with_options.__annotations__ = {each.name: each.annotation for each in shown}
    with_options.__dict__["__signature__"] = inspect.Signature(shown)
    return with_options


def _written(**typed: Any) -> Written:
    return Written(typed)


def flags(row: Option[Any]) -> Any:
    """Say as Typer does how an option is typed."""
    return typer.Option(*row.flags, help=row.help, metavar=row.metavar, rich_help_panel=row.panel)


def _of_row(row: Option[Any]) -> inspect.Parameter:
    return _keyword(row.name, Annotated[row.typed, flags(row)], row.typed_default)


def _of_fields(group: Any) -> Parameters:
    hints = get_type_hints(group, include_extras=True)
    return [
        _keyword(
            field.name,
            _in_panel(hints[field.name], group.PANEL),
            inspect.Parameter.empty if field.default is MISSING else field.default,
        )
        for field in fields(group)
    ]


def _in_panel(hint: Any, panel: str) -> Any:
    kind, info = get_args(hint)
    info = copy(info)  # commands share it
    info.rich_help_panel = panel
    return Annotated[kind, info]


def _keyword(name: str, hint: Any, default: Any) -> inspect.Parameter:
    # By keyword, so that those that must be given may stand behind those that need not.
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=hint)
