"""One contender in a process of its own: `python -m benchmarks.worker PEER CONTENDER THREADS`.

Each line on stdin is a request, `input height width channels k output` separated by tabs, input
being raw bytes. Each answer is a line of JSON with the seconds taken, those at work, and the number
of codes; the output then holds the codebook, followed by a byte a pixel.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.contenders import Contender, Timed
from benchmarks.peers import PEERS


def _contender(peer: str, name: str, task: str) -> Contender:
    return next(
        contender
        for owner in PEERS
        if owner.name == peer
        for contender in owner.contenders
        if (contender.name, contender.task) == (name, task)
    )


def _return_free_memory() -> None:
    """Give what the last image took back to the system, so that the next peak is its own."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def _cpu_seconds() -> float:
    """This process's time at work, with its children's."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def _answers(contender: Contender, threads: int) -> Iterator[dict[str, Any]]:
    prepare = contender.prepare
    assert prepare is not None
    prepared: tuple[str, str] | None = None
    run: Timed | None = None
    for line in sys.stdin:
        source, height, width, channels, k, target = line.rstrip("\n").split("\t")
        if prepared != (source, k):
            run = None  # lets go of the last image
            _return_free_memory()
            pixels = np.fromfile(source, np.uint8).reshape(int(height), int(width), int(channels))
            run = prepare(pixels, int(k), threads)
            del pixels
            prepared = source, k
        assert run is not None
        start, start_cpu = time.perf_counter(), _cpu_seconds()
        outcome = run()
        seconds, cpu_seconds = time.perf_counter() - start, _cpu_seconds() - start_cpu
        codebook, labels = outcome() if callable(outcome) else outcome
        with open(target, "wb") as file:  # noqa: PTH123
            file.write(np.ascontiguousarray(codebook, np.uint8).data)
            file.write(np.ascontiguousarray(labels, np.uint8).data)
        yield {"seconds": seconds, "cpu_seconds": cpu_seconds, "codes": len(codebook)}


def main() -> None:
    peer, name, task, threads = sys.argv[1:]
    # Libraries print; the answers get a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    contender = _contender(peer, name, task)
    next(owner for owner in PEERS if owner.name == peer).version()
    print(json.dumps({"ready": True}), file=answers)
    try:
        for answer in _answers(contender, int(threads)):
            print(json.dumps(answer), file=answers)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers)


if __name__ == "__main__":
    main()
