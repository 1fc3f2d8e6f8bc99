"""Attributes that are made once each, however many threads ask for them at the same time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, Self, TypeVar, overload

V = TypeVar("V")


class _OnceProperty(Generic[V]):
    """Like `functools.cached_property`, but of several threads only one makes the value.

    Until Python 3.11 cached_property has one lock for all instances: threads that work on different
    pictures wait for each other, and a fork may leave it locked for ever.
    """

    def __init__(self, make: Callable[[Any], V]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._lock_name = name, f"_making_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> V: ...

    def __get__(self, instance: object | None, owner: type) -> Self | V:
        if instance is None:
            return self
        held = instance.__dict__
        with held.setdefault(self._lock_name, Lock()):
            if self._name not in held:
                held[self._name] = self._make(instance)
            held.pop(self._lock_name, None)  # so that the instance can be copied and pickled
            value: V = held[self._name]
            return value


def forget(instance: object, name: str) -> None:
    """Let go of an attribute that was made once: it is made again when it is asked for."""
    instance.__dict__.pop(name, None)


once_property = _OnceProperty
"""A decorator: an attribute that is made when it is first asked for."""
