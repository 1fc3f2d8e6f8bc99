"""quantette, a Rust library: the program beside this file is built when cargo is here."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.contenders import Contender, MissingPeerError, Peer
from benchmarks.programs import program

PROJECT = Path(__file__).with_name("quantette")
PROGRAM = PROJECT / "target" / "release" / "huepress-bench-quantette"


@cache
def _version() -> str:
    cargo = program("cargo")
    # Its documentation recommends the CPU's vector instructions; it has no run-time choice.
    flags = {"RUSTFLAGS": "-C target-cpu=native"}
    built = subprocess.run(
        [cargo, "build", "--release", "--quiet", "--jobs", "2"],
        cwd=PROJECT,
        env=os.environ | flags,
        capture_output=True,
        text=True,
    )
    if built.returncode:
        raise MissingPeerError(f"cargo could not build it: {built.stderr.strip()[-200:]}")
    locked = (PROJECT / "Cargo.lock").read_text()
    found = re.search(r'name = "quantette"\nversion = "([^"]+)"', locked)
    return f"{found.group(1) if found else 'unknown'} (built for this CPU)"


PEER = Peer(
    "quantette",
    _version,
    contenders=(
        Contender("quantette Wu, oklab", "fit", program=(str(PROGRAM), "wu")),
        Contender("quantette k-means, oklab", "fit", program=(str(PROGRAM), "kmeans")),
        Contender("quantette, oklab", "diffusion", program=(str(PROGRAM), "diffusion")),
    ),
)
