"""Tools that no other test runs are at least what a compiler takes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMPILER = shutil.which(os.environ.get("CXX", "c++"))


@pytest.mark.slow
@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler is installed")
def test_the_comparison_of_instruction_sets_fits_the_kernels() -> None:
    words = [COMPILER, "-std=c++20", "-fsyntax-only", "-Icpp", "tools/kernel_digests.cpp"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
