import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import cases

# Timing says nothing about a law, least of all under a sanitizer.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", parent=settings.get_profile("default"), max_examples=cases.QUICK)
settings.register_profile("sanitize", parent=settings.get_profile("default"), max_examples=25)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file of slow tests that takes seconds to load."""
    left_out = config.option.markexpr == "not slow" and collection_path.name == "test_sklearn.py"
    return left_out or None


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer cases where the slow tests are left out too."""
    # Hashes that commands keep lie where nobody else's do; workers of pytest share them.
    if "HUEPRESS_CACHE" not in os.environ:
        scratch = tempfile.TemporaryDirectory(prefix="huepress-cache-")
        os.environ["HUEPRESS_CACHE"] = scratch.name
        config.add_cleanup(scratch.cleanup)
    usual = "quick" if config.option.markexpr == "not slow" else "default"
    profile = os.environ.get("HYPOTHESIS_PROFILE", usual)
    settings.load_profile(profile)
    cases.quick = profile == "quick"
