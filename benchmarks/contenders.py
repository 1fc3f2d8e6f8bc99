"""What is measured: peers, their ways to quantize an array, and their command lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Outcome: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Codebook (n, 3 or 4) and labels (h, w)."""
Timed: TypeAlias = Callable[[], Outcome | Callable[[], Outcome]]
"""Gives the outcome, or, where that is a file, how to read it: the reading is not timed."""
Prepare: TypeAlias = Callable[[Pixels, int, int], Timed]
"""Of pixels, k and threads, untimed; what it returns is timed."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to turn an array into codebook and labels.

    A `program` is a process of its own that speaks the protocol of `worker`, with the number of
    threads as its last argument; otherwise a Python worker calls `prepare`.
    """

    name: str
    task: str
    prepare: Prepare | None = None
    program: tuple[str, ...] = ()
    alpha: bool = False
    in_process: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """One way to turn a file into a smaller file: of source, target, k and threads, the stages."""

    name: str
    stages: Callable[[Path, Path, int, int], Sequence[Sequence[str]]]
    alpha: bool = True


class MissingPeerError(Exception):
    """A peer that is not installed; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A library or program under measurement. `version` raises if it is not there."""

    name: str
    version: Callable[[], str]
    contenders: tuple[Contender, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The peers that are here with their versions, and the others with the reason."""

    present: dict[str, str]
    missing: dict[str, str]
    peers: tuple[Peer, ...]

    def contenders(self, task: str) -> list[tuple[Peer, Contender]]:
        return [(p, c) for p in self.peers for c in p.contenders if c.task == task]

    def commands(self) -> list[tuple[Peer, Command]]:
        return [(p, c) for p in self.peers for c in p.commands]


def find(peers: Sequence[Peer]) -> Found:
    """Ask every peer for its version."""
    present, missing, here = {}, {}, []
    for peer in peers:
        try:
            present[peer.name] = peer.version()
        except (ImportError, MissingPeerError) as error:
            missing[peer.name] = str(error)
        else:
            here.append(peer)
    return Found(present, missing, tuple(here))
