"""The points of bytes and score that no other point beats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Point: TypeAlias = tuple[float, float, str]
"""Bytes, score, label."""


def frontier(points: Iterable[Point]) -> list[Point]:
    """Keep the points that no other point beats in both size and score.

    Parameters
    ----------
    points : iterable of (bytes, score, label)
        Points.

    Returns
    -------
    list of (bytes, score, label)
        From small to large.

    Examples
    --------
    >>> frontier([(9, 5.0, "c"), (3, 2.0, "a"), (4, 1.0, "b")])
    [(3, 2.0, 'a'), (9, 5.0, 'c')]
    """
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or point[1] > best[-1][1]:
            best.append(point)
    return best
