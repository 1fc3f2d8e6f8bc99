"""What every executed page finds: `astronaut.png` and `china.jpg` in its working folder."""

import os
import shutil
from pathlib import Path

import sklearn.datasets

shutil.copy(Path(os.environ["HUEPRESS_EXAMPLES"]) / "astronaut.png", "astronaut.png")
shutil.copy(Path(sklearn.datasets.__file__).parent / "images" / "china.jpg", "china.jpg")

# A kernel asks programs to colour their output for a terminal; a page wants plain text.
os.environ.pop("FORCE_COLOR", None)
os.environ.pop("CLICOLOR_FORCE", None)
os.environ["COLUMNS"] = "96"

del os, shutil, Path, sklearn
