"""The command line in forks of one process that has loaded everything: as apart as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("huepress")

SERVER = """
import json, os, sys, traceback
from huepress.cli import animate, app, compare, compress, decompress, inspect, palette
from huepress.cli import plot, report, start
from huepress import viz
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    words, folder, files = json.loads(line)
    child = os.fork()
    if not child:
        code = 70
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, name in enumerate(files, 1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.argv = ["huepress", *words]
            code = start.run()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\\n")
    answers.flush()
"""


class Program:
    """Runs commands, each in a fork of its own where there are forks."""

    def __init__(self, server: subprocess.Popen[str] | None, scratch: Path) -> None:
        self._server = server
        self._files = [str(scratch / name) for name in ("out", "err")]

    def __call__(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[bytes]:
        words = [str(argument) for argument in arguments]
        if self._server is None:
            command = [str(PROGRAM), *words]
            return subprocess.run(command, cwd=cwd, capture_output=True, check=False)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps([words, str(cwd), self._files]) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        out, err = (Path(name).read_bytes() for name in self._files)
        return subprocess.CompletedProcess(words, code, out, err)


@contextmanager
def running(scratch: Path) -> Iterator[Program]:
    """Start the process that forks, and end it."""
    if not hasattr(os, "fork"):
        yield Program(None, scratch)
        return
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        text=True,
    )
    try:
        with server:
            yield Program(server, scratch)
            server.stdin.close()
    finally:
        server.kill()
