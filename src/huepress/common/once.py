"""Values that are made once each, however many threads ask for them at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, Generic, Self, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")


class Memo(Mapping[K, V]):
    """A mapping that grows while others read it.

    A thread that asks for a value which another one is making waits for it. Iteration sees the keys
    of one moment.

    Examples
    --------
    >>> squares: Memo[int, int] = Memo()
    >>> squares.once(3, lambda: 9), squares.once(3, lambda: 0)
    (9, 9)
    >>> for key in squares:
    ...     squares[key + 1] = key
    >>> dict(squares)
    {3: 9, 4: 3}
    """

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._making: dict[K, Lock] = {}
        self._lock = Lock()

    def once(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of a key, made by the first who asks."""
        with self._lock:
            if key in self._values:
                return self._values[key]
            making = self._making.setdefault(key, Lock())
        with making:
            if key not in self._values:
                self[key] = make()
            return self._values[key]

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._making.pop(key, None)

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        with self._lock:
            return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)


class _OnceProperty(Generic[V]):
    """Like `functools.cached_property`, but of several threads only one makes the value.

    (Until Python 3.11 cached_property has a lock, but one for all instances, which a fork may leave
    locked for ever.)
    """

    def __init__(self, make: Callable[[Any], V]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> V: ...

    def __get__(self, instance: object | None, owner: type) -> Self | V:
        if instance is None:
            return self
        made: Memo[str, V] = instance.__dict__.setdefault("_made", Memo())
        value = made.once(self._name, lambda: self._make(instance))
        instance.__dict__[self._name] = value
        return value


once_property = _OnceProperty
"""A decorator: an attribute that is made when it is first asked for."""
