"""What a search holds on to: nothing that a written file does not need."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from huepress.options import CompressOptions
from huepress.search.trials import Setting
from huepress.search.workbench import KEPT_LABELS, Workbench
from huepress.values.image import Image


def large(height: int = 1700, width: int = 2400) -> NDArray[np.uint8]:
    """Draw a photograph, of 4 megapixels unless told: slopes, edges and noise."""
    y, x = np.mgrid[:height, :width]
    slopes = (
        np.stack([x // 12, y // 8, (x + y) // 18], axis=2)
        + 30 * ((x // 96 + y // 64) % 2)[..., None]
    )
    grain = np.random.default_rng(4).integers(0, 24, (height, width, 1))
    pixels: NDArray[np.uint8] = np.clip(slopes + grain, 0, 255).astype(np.uint8)
    return pixels


@pytest.mark.parametrize(
    "setting",
    [
        Setting(16),
        Setting(16, diffusion=128),
        Setting(16, rate=900),
        Setting(16, rate=900, feedback=0),
    ],
)
def test_labels_that_were_let_go_of_are_mapped_again_as_they_were(setting: Setting) -> None:
    pixels = large(64, 96)
    bench = Workbench(Image(pixels.copy()), CompressOptions(threads=1))
    trial = bench.trial(setting)
    before, told, estimate = trial.indexed, trial.rate_aware, trial.estimate
    labels = None if told is None else told.labels
    trial.let_go()
    bench.rest()
    assert trial.indexed == before
    assert trial.indexed is not before
    again = None if trial.rate_aware is None else trial.rate_aware.labels
    assert (again is None) == (labels is None)
    assert labels is None or np.array_equal(labels, again)
    assert trial.estimate == estimate


def test_likely_labels_are_kept_and_of_a_small_picture_all_are() -> None:
    bench = Workbench(Image(large(32, 32)), CompressOptions(threads=1))
    few = bench.trials([Setting(4), Setting(8)])
    held = [trial.indexed for trial in few]
    bench.whole.keep_labels([])
    assert all(trial.indexed is one for trial, one in zip(few, held, strict=True))
    side = int(KEPT_LABELS**0.5)
    bench = Workbench(Image(np.tile(large(64, 64), (side // 64, side // 64, 1))), CompressOptions())
    likely, other = bench.trials([Setting(4), Setting(8)])
    labels = likely.indexed, other.indexed
    bench.whole.keep_labels([likely.setting])
    assert likely.indexed is labels[0]
    assert other.indexed is not labels[1]


def test_a_copy_never_lets_go() -> None:
    bench = Workbench(Image(large(32, 32)), CompressOptions(threads=1))
    trial = copy.deepcopy(bench.trial(Setting(4)))
    held = trial.indexed
    trial.let_go()
    assert trial.indexed is held


PEAK = """
import sys
from pathlib import Path
from huepress import compress
compress(sys.argv[1], threads=2)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no peak is told here")
def test_four_megapixels_take_no_more_than_330_mib(tmp_path: Path) -> None:
    pixels = large()
    pixels[:, :1800] = pixels[:1, :1800] // 64 * 64  # mostly even: half a photograph's time
    PIL.Image.fromarray(pixels).save(tmp_path / "large.png")
    run = subprocess.run(
        [sys.executable, "-c", PEAK, tmp_path / "large.png"], check=True, capture_output=True
    )
    assert int(run.stdout) < 330 * 1024
