"""A process that has compressed may fork; children and threads compress as it does."""

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from huepress import compress

SCRIPT = """
import multiprocessing, sys
import numpy as np
import huepress

def picture(seed):
    y, x = np.mgrid[:64, :80]
    drawn = np.dstack([2 * x + seed, 3 * y, x + y + 5 * seed])
    drawn[20:40, 10:30] = np.random.default_rng(seed).integers(0, 256, (20, 20, 3))
    return drawn.astype(np.uint8)

def compressed(seed):
    options = ({}, {"k": 16, "effort": "best"}, {"k": 16, "dither": "diffusion"})[seed]
    return huepress.compress(picture(seed), threads=seed, **options).encoded.files

if __name__ == "__main__":
    alone = [compressed(seed) for seed in range(3)]
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        # Where a child hangs, so would the pool.
        assert pool.map_async(compressed, range(3)).get(timeout=600) == alone
    assert [compressed(seed) for seed in range(3)] == alone
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_children_compress_after_their_parent_did(method: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    child = subprocess.Popen(
        [sys.executable, script, method],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    assert child.returncode == 0, output


def picture(seed: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[: 40 + seed, : 60 - seed]
    return np.asarray(np.dstack([3 * x + seed, 5 * y, (x * y) // 9 + 20 * seed]), np.uint8)


@pytest.mark.slow
def test_threads_that_compress_different_pictures_do_not_meet() -> None:
    def compressed(seed: int) -> tuple[tuple[str, bytes], ...]:
        options = ({}, {"k": 12}, {"quality": 50}, {"format": "npy"})[seed % 4]
        return compress(picture(seed), **options).encoded.files  # type: ignore[arg-type]

    alone = [compressed(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(compressed, range(8), timeout=600)) == alone


STARVED = """
import resource
import sys
import numpy as np
from huepress import _core

pixels = np.random.default_rng(0).integers(0, 256, (6000, 300, 3), dtype=np.uint8)
alone = _core.masking(pixels, threads=1)
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv[1]) * 2**20, -1))
try:
    assert (_core.masking(pixels, threads=64) == alone).all()
except MemoryError:
    pass
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is Linux's")
@pytest.mark.parametrize("mebibytes", [30, 50, 60, 70, 90, 110])
def test_too_little_memory_for_threads_does_not_end_the_process(mebibytes: int) -> None:
    command = [sys.executable, "-c", STARVED, str(mebibytes)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
