"""Checks of values that callers give; errors name the value, what is allowed, and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from huepress.errors import OptionError

Kind = TypeVar("Kind")
Name = TypeVar("Name", bound=str)

_MOST_THREADS = 65536


def whole(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """Return a whole number from `low` to `high`; floats and truth values are refused too.

    Examples
    --------
    >>> whole("k", np.uint8(16), 1)
    16
    >>> whole("k", 16.0, 1)
    Traceback (most recent call last):
    huepress.errors.OptionError: k=16.0 is a float; give a whole number: k=16
    """
    found: int = _as_type(name, value, int)
    if (low is not None and found < low) or (high is not None and found > high):
        limits = f"{low} or more" if high is None else f"{low} to {high}"
        raise OptionError(f"{name}={found} is out of range; use {limits}")
    return found


def number(name: str, value: Any) -> float:
    """Return a number of Python or NumPy."""
    found: float = _as_type(name, value, float)
    return found


def share(name: str, value: Any) -> float:
    """Return a number from 0 to 1.

    Examples
    --------
    >>> share("strength", "0.5")
    Traceback (most recent call last):
    huepress.errors.OptionError: strength='0.5' is text (str); give a number: strength=0.5
    """
    found = number(name, value)
    if not 0 <= found <= 1:
        raise OptionError(f"{name} {found} is out of range; use 0 to 1")
    return found


def thread_count(threads: Any) -> int:
    """Return a number of threads; 0 is one a core."""
    found: int = _as_type("threads", threads, int)
    if not 0 <= found <= _MOST_THREADS:
        raise OptionError(f"threads={found} is out of range; use 0 (all cores) to {_MOST_THREADS}")
    return found


def instance(name: str, value: Any, kind: type[Kind]) -> Kind:
    """Return a value that is of a class."""
    if isinstance(value, kind):
        return value
    raise OptionError(f"{name} is {_kind(value)}; {_made(kind)}")


def one_of(name: str, value: Any, known: Collection[Name]) -> Name:
    """Return a name that is one of those known."""
    for one in known:
        if isinstance(value, str) and value == one:
            return one
    raise OptionError(f"{name} {_shown(value)} is unknown; use one of {', '.join(known)}")


def conform(options: Any) -> None:
    """Check the fields of a frozen dataclass by their annotations, and convert some.

    NumPy's numbers become Python's, sets and lists of names a frozenset. Annotations may be
    ``int``, ``float``, ``bool``, ``str``, ``frozenset[str]``, a ``Literal`` of names, a class, or a
    union of these and None.
    """
    hints = _hints(options.__class__)
    for field in fields(options):
        value = getattr(options, field.name)
        if value is not field.default:
            found = _as_type(field.name, value, hints[field.name])
            if found is not value:
                object.__setattr__(options, field.name, found)


@cache
def _hints(owner: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(owner)


def _as_type(name: str, value: Any, hint: Any) -> Any:
    """Return the value as its annotation asks, or raise an error that says what is wrong."""
    wanted = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for one in wanted:
        found = _as_one(value, one)
        if found is not None:
            return found
    if value is None and type(None) in wanted:
        return None
    if get_origin(wanted[0]) is Literal:
        one_of(name, value, get_args(wanted[0]))
    raise OptionError(f"{name}={_shown(value)} is {_kind(value)}; {_remedy(name, value, wanted)}")


def _as_one(value: Any, hint: Any) -> Any:
    """Return the value as one type of a union, or None if it is not of that type."""
    if hint is bool:
        return bool(value) if isinstance(value, (bool, np.bool_)) else None
    if isinstance(value, (bool, np.bool_)):
        return None
    if hint is int:
        return int(value) if isinstance(value, (int, np.integer)) else None
    if hint is float:
        if isinstance(value, (int, float)):
            return value
        return value.item() if isinstance(value, (np.integer, np.floating)) else None
    if get_origin(hint) is Literal:
        return value if isinstance(value, str) and value in get_args(hint) else None
    if get_origin(hint) is frozenset:
        names = isinstance(value, (set, frozenset, list, tuple))
        all_text = names and all(isinstance(item, str) for item in value)
        return frozenset(value) if all_text else None
    return value if isinstance(value, hint) else None


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:40]} … {text[-10:]}"


def _kind(value: Any) -> str:
    name = type(value).__name__
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"text ({name})"
    if isinstance(value, np.ndarray):
        return "an array"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _remedy(name: str, value: Any, wanted: tuple[Any, ...]) -> str:
    first = wanted[0]
    if isinstance(value, str) and get_origin(first) is frozenset:
        return f"give a set of names: {name}={{{value!r}}}"
    if get_origin(first) is frozenset:
        return "give a set of names"
    if first in (int, float):
        words = "give a whole number" if first is int else "give a number"
        meant = _number(value)
        is_meant = meant is not None and (first is float or meant == int(meant))
        if meant is None or not is_meant:
            return words
        return f"{words}: {name}={int(meant) if meant == int(meant) else meant}"
    if first in (bool, str):
        return "give True or False" if first is bool else "give text (str)"
    return _made(*(one for one in wanted if one is not type(None)))


def _made(*kinds: type) -> str:
    names = " or ".join(kind.__name__ for kind in kinds)
    for kind in reversed(kinds):
        if hasattr(kind, "from_hex"):
            return f"give a {names}, such as {kind.__name__}.from_hex(['#000', '#fff'])"
        if hasattr(kind, "of"):
            return f"give a {names}, such as {kind.__name__}.of(...)"
    return f"give a {names}"


def _number(value: Any) -> float | None:
    """Read the number that was probably meant."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (str, float, np.floating)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None
