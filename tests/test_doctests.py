import doctest
import pkgutil
from importlib import import_module

import pytest

import huepress

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(huepress.__path__, prefix="huepress.")
)


@pytest.mark.parametrize("name", ["huepress", *MODULES])
def test_every_example_in_a_docstring_gives_what_it_says(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
