"""What is loaded when: the library and the command line start fast."""

import subprocess
import sys

import pytest

HEAVY = {"PIL", "deflate", "sklearn", "scipy", "matplotlib", "plotly", "rich", "typer"}


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_importing_huepress_loads_no_heavy_library() -> None:
    assert not modules_after("import huepress") & HEAVY


def test_fitting_an_array_loads_no_image_library() -> None:
    code = (
        "import numpy as np, huepress\n"
        "pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)\n"
        "codebook = huepress.fit(huepress.Histogram.of(pixels), 4).codebook\n"
        "huepress.nearest(pixels, codebook)"
    )
    assert not modules_after(code) & HEAVY


def test_help_loads_neither_numpy_nor_an_image_library() -> None:
    code = (
        "import sys, contextlib\n"
        "from huepress.cli.app import app\n"
        "with contextlib.suppress(SystemExit):\n"
        "    app(['compress', '--help'])\n"
    )
    assert not modules_after(code) & {
        "numpy",
        "PIL",
        "deflate",
        "sklearn",
        "scipy",
        "matplotlib",
        "plotly",
    }


@pytest.mark.parametrize("name", ["compress", "fit", "Image", "CompressOptions"])
def test_every_public_name_is_found(name: str) -> None:
    import huepress

    assert getattr(huepress, name).__name__ == name
    assert name in dir(huepress)


def test_an_unknown_name_is_an_attribute_error() -> None:
    import huepress

    with pytest.raises(AttributeError, match="no attribute 'compres'"):
        _ = huepress.compres
