"""What the site must not leave out."""

from pathlib import Path

import pytest

import huepress
from huepress import viz

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "api.md"


@pytest.mark.parametrize("module", [huepress, viz], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_reference(module: object) -> None:
    listed = {line.strip() for line in REFERENCE.read_text("utf-8").splitlines()}
    assert {f"{module.__name__}.{name}" for name in module.__all__} <= listed
