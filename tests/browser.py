"""A headless browser for tests of pages, or a loud reason why there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "HUEPRESS_NEEDS_BROWSER"
"""Where this is in the environment, as in CI, tests fail without a browser."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, from the system or Playwright's own."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _none("Playwright is not installed; pip install 'huepress[test]'")
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        # Root may not use the sandbox, and containers seldom can; the pages are our own.
        arguments = ["--no-sandbox", "--force-color-profile=srgb"]
        try:
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
        except Error as error:
            _none(f"no Chromium starts; apt install chromium ({str(error).splitlines()[0]})")
        try:
            yield browser
        finally:
            browser.close()


def _none(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, and {reason}", pytrace=False)
    pytest.skip(f"PAGES NOT TESTED: {reason}")
