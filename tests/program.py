"""The command line in forks of one process that has loaded everything: as apart as processes."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("huepress")

SERVER = """
import json, os, sys, traceback
from huepress.cli import animate, app, check, codebook, compare, compress, decompress
from huepress.cli import histogram, inspect, many, palette, plot, report, start
from huepress.cli.pngquant import running
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


@cache
def _server() -> tuple[subprocess.Popen[str], Path]:
    """Start the process that forks, once for all tests, and a folder for what its children say."""
    scratch = tempfile.TemporaryDirectory(prefix="huepress-tests-")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        text=True,
    )

    def end() -> None:
        server.communicate()
        scratch.cleanup()

    atexit.register(end)
    return server, Path(scratch.name)


def program(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command, in a fork where there are forks."""
    words = [str(argument) for argument in arguments]
    if not hasattr(os, "fork"):
        return subprocess.run([PROGRAM, *words], cwd=cwd, capture_output=True, check=False)
    server, scratch = _server()
    files = [scratch / "out", scratch / "err"]
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps([words, str(cwd), list(map(str, files))]) + "\n")
    server.stdin.flush()
    code = int(server.stdout.readline())
    return subprocess.CompletedProcess(words, code, *(file.read_bytes() for file in files))


def huepress(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that reads and says text."""
    run = program(*arguments, cwd=cwd)
    said = (stream.decode().replace(os.linesep, "\n") for stream in (run.stdout, run.stderr))
    return subprocess.CompletedProcess(run.args, run.returncode, *said)
