"""What every executed page finds: pictures in its working folder, and a `%%sh` that prints once."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from IPython import get_ipython

shutil.copy(Path(os.environ["HUEPRESS_EXAMPLES"]) / "astronaut.png", "astronaut.png")
# Found without importing scikit-learn, which takes every page a second.
_datasets = Path(find_spec("sklearn").origin).parent / "datasets"
shutil.copy(_datasets / "images" / "china.jpg", "china.jpg")


def _sh(line: str, cell: str) -> None:
    """Run shell commands; IPython's own magic prints in pieces, which pages show broken."""
    # A kernel asks programs to colour their output for a terminal; a page wants plain text.
    colored = ("FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR")
    environment = {name: value for name, value in os.environ.items() if name not in colored}
    done = subprocess.run(
        ["sh", "-ec", cell],
        env=environment | {"COLUMNS": "88"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print("\n".join(line.rstrip() for line in done.stdout.rstrip().split("\n")))
    if done.returncode:
        raise RuntimeError(f"the commands ended with status {done.returncode}")


def _show(sheet) -> None:
    """Show a figure twice, for light pages and for dark ones; `_ext/cells.py` tells them apart."""
    from IPython.display import display

    from huepress.viz.dark import darkened
    from huepress.viz.style import render

    display({"image/png": render(sheet, ".png", dpi=110)}, raw=True)
    with darkened(sheet):
        display({"image/png": render(sheet, ".png", dpi=110, note="for dark pages")}, raw=True)


_displayed = get_ipython().display_formatter.ipython_display_formatter
_displayed.for_type_by_name("huepress.viz.style", "Sheet", _show)
get_ipython().register_magic_function(_sh, "cell", "sh")
