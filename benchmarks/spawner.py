"""Runs command lines for the benchmark, from a process that is small itself.

On Linux a child's peak memory counts what its parent had when it was forked, so that a parent full
of pictures would be measured in place of a small child. Each line on stdin is a JSON list of
stages; the answer holds seconds, those at work, and peak bytes, or what
went wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def _run(stages: list[list[str]]) -> dict[str, object]:
    peak, cpu_seconds = 0, 0.0
    start = time.perf_counter()
    for stage in stages:
        child = subprocess.Popen(
            stage, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        peak = max(peak, usage.ru_maxrss * unit)
        cpu_seconds += usage.ru_utime + usage.ru_stime
        if child.returncode:
            reason = said.decode(errors="replace").strip()[-300:]
            return {"error": f"exit status {child.returncode}: {reason}"}
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": peak}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
