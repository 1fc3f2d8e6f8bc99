"""The site; CONTRIBUTING says how to build it. Its pages are executed, nothing is fetched."""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

from jupyter_cache import get_cache

import huepress
import huepress._core

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]  # what makes the reference is in tools/

project = "huepress"
author = "the huepress developers"
project_copyright = author
version = release = huepress.__version__
language = "en_GB"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "cells",
    "commands",
    "mathml",
    "measured",
]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb"}  # generated pages take the first
exclude_patterns = ["_build", "_ext", "_static", "_templates", "images", "benchmarks-*.md"]


def _made_of() -> str:
    """Name all that figures come from besides the pages: a figure is one that this version gave."""
    package = Path(huepress.__file__).parent
    sources = sorted(path for path in package.rglob("*") if path.suffix != ".pyc")
    examples = sorted((HERE.parent / "examples").iterdir())
    digest = hashlib.sha256(sys.version.encode())
    for path in (*sources, Path(huepress._core.__file__), HERE / "_startup.py", *examples):
        if path.is_file():
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    digest.update(repr(sorted(f"{made.name} {made.version}" for made in distributions())).encode())
    return digest.hexdigest()[:16]


# A page is run again when its code changes, and every page when what it runs does.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "figures" / _made_of())
for _older in (HERE / "_build" / "figures").glob("*"):
    if _older != Path(nb_execution_cache_path):
        shutil.rmtree(_older)
# Pages are made side by side: two that created the cache's tables at once would fail.
Path(nb_execution_cache_path).mkdir(parents=True, exist_ok=True)
get_cache(nb_execution_cache_path).db.dispose()
nb_execution_in_temp = True
nb_execution_timeout = 600  # against cells that never end, not slow machines
nb_execution_show_tb = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # no page has widgets, and their scripts would come from the network
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autosummary_generate = True
templates_path = ["_templates"]
default_role = "py:obj"
autodoc_member_order = "bysource"
# Made by scikit-learn, with references into its own pages.
autodoc_default_options = {
    "exclude-members": "set_fit_request, set_partial_fit_request, set_score_request"
}
autodoc_typehints = "none"  # numpydoc's sections tell them, with shapes and units
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "huepress"
html_logo = html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"color-brand-primary": "#7cc4ff", "color-brand-content": "#7cc4ff"},
}
copybutton_prompt_text = r"^\$ |^>>> |^\.\.\. "
copybutton_prompt_is_regexp = True


def _prepare_kernels() -> None:
    """Give pages this Python's programs, pictures to work on, and no one's own IPython profile."""
    profile = Path(tempfile.mkdtemp(prefix="huepress-docs-"))
    atexit.register(shutil.rmtree, profile, ignore_errors=True)
    startup = profile / "profile_default" / "startup"
    startup.mkdir(parents=True)
    shutil.copy(HERE / "_startup.py", startup)
    os.environ["IPYTHONDIR"] = str(profile)
    os.environ["HUEPRESS_EXAMPLES"] = str(HERE.parent / "examples")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


_prepare_kernels()
