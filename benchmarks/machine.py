"""The machine, stated: figures mean little without it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from pathlib import Path

INSTRUCTION_SETS = ("sse4_2", "avx", "avx2", "avx512f", "avx512bw", "avx512_vnni", "asimd", "sve")


def facts(threads: int) -> dict[str, str]:
    """Describe processor, system and load, as the report's head prints them."""
    # The process may be pinned by now; the machine's cores are what counts.
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return {
        "processor": _processor(),
        "cores": f"{os.cpu_count()}, of which {threads} used",
        "instruction sets": ", ".join(_instruction_sets()) or "unknown",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "measured": time.strftime("%Y-%m-%d %H:%M") + load,
        "huepress commit": _commit(),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _cpuinfo(), re.MULTILINE)
    family = re.search(r"^cpu family\s*: (\d+)\nmodel\s*: (\d+)", _cpuinfo(), re.MULTILINE)
    name = found.group(1) if found else platform.processor() or platform.machine()
    return f"{name} (family {family.group(1)}, model {family.group(2)})" if family else name


def _instruction_sets() -> list[str]:
    flags = re.search(r"^(?:flags|Features)\s*: (.+)$", _cpuinfo(), re.MULTILINE)
    has = set(flags.group(1).split()) if flags else set()
    return [name for name in INSTRUCTION_SETS if name in has]


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or "not a checkout"
