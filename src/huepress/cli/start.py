"""The `huepress` program: signals and streams first, then what takes time to load."""

from __future__ import annotations

import os
import sys

from huepress.cli import signals, streams
from huepress.cli.exits import DONE, FAILED, explanation
from huepress.cli.streams import say


def run() -> int:
    """Run the command line: the `huepress` program."""
    signals.mind()
    streams.mend()
    # NumPy's BLAS, which no command needs, starts a thread a core that spins for a while.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from huepress.cli.app import main

        code = main()
    except (signals.Stopped, Exception) as error:
        line = explanation(error)
        # Code that a signal goes through may turn it into something else.
        if line is None and not signals.is_raised():
            raise
        code = FAILED
        if line is not None:
            say(line)
    if stop := signals.received():
        say(stop.message)
        code = stop.exit_code
    return _settled(code)


def _settled(code: int) -> int:
    """Flush the streams while failures can still be told, and return the exit code."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        if code == DONE:
            say(explanation(error) or str(error))
            code = FAILED
        streams.abandon(sys.stdout)
    # Whatever comes while the interpreter cleans up.
    signals.ignore()
    return code
