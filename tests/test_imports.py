"""What is loaded when: the library and the command line start fast."""

import subprocess
import sys
from pathlib import Path

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


def test_a_compression_in_a_pipe_loads_nothing_that_draws_on_terminals(tmp_path: Path) -> None:
    (tmp_path / "dot.ppm").write_bytes(b"P6 2 1 255 abcdef")
    code = (
        "import sys, os\n"
        "from huepress.cli.app import main\n"
        f"sys.argv = ['huepress', 'compress', {str(tmp_path / 'dot.ppm')!r}, '--allow-larger']\n"
        "main()\n"
    )
    assert not modules_after(code) & {"rich", "sklearn", "scipy", "matplotlib", "plotly"}
    assert (tmp_path / "dot-small.png").exists()


MOVING = ["Animation", "Frame", "compress_animation", "MovingResult"]


@pytest.mark.parametrize("name", ["compress", "fit", "Image", "CompressOptions", *MOVING])
def test_every_public_name_is_found(name: str) -> None:
    import huepress

    assert getattr(huepress, name).__name__ == name
    assert name in dir(huepress)


def test_an_unknown_name_is_an_attribute_error() -> None:
    import huepress

    with pytest.raises(AttributeError, match="no attribute 'compres'"):
        _ = huepress.compres
