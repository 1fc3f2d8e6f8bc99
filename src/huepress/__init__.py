"""Make images smaller by describing them with few colours.

>>> import numpy as np
>>> import huepress
>>> pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
>>> result = huepress.compress(pixels, k=16)
>>> len(result.indexed.codebook), result.indexed.labels.shape
(16, (32, 32))
"""

from __future__ import annotations

__version__ = "0.2.0"

TYPE_CHECKING = False  # as in typing, which the program does not load before it minds signals
if TYPE_CHECKING:
    from typing import Any

    from huepress.errors import FormatError as FormatError
    from huepress.errors import HuepressError as HuepressError
    from huepress.errors import InputError as InputError
    from huepress.errors import OptionError as OptionError
    from huepress.errors import OutputError as OutputError
    from huepress.errors import QualityError as QualityError
    from huepress.kmeans import FitResult as FitResult
    from huepress.kmeans import fit as fit
    from huepress.limits import Fitted as Fitted
    from huepress.limits import fit_within as fit_within
    from huepress.many.files import compress_files as compress_files
    from huepress.many.records import Record as Record
    from huepress.mapping import error_diffusion as error_diffusion
    from huepress.mapping import nearest as nearest
    from huepress.mapping import ordered as ordered
    from huepress.mapping import rate_aware as rate_aware
    from huepress.metrics import distortion as distortion
    from huepress.motion.compression import compress_animation as compress_animation
    from huepress.motion.result import MovingResult as MovingResult
    from huepress.options import CompressOptions as CompressOptions
    from huepress.pipeline import Result as Result
    from huepress.pipeline import compress as compress
    from huepress.pipeline import decompress as decompress
    from huepress.values.animation import Animation as Animation
    from huepress.values.animation import Frame as Frame
    from huepress.values.codebook import Codebook as Codebook
    from huepress.values.histogram import Histogram as Histogram
    from huepress.values.image import Image as Image
    from huepress.values.indexed import IndexedImage as IndexedImage
    from huepress.values.palette import Palette as Palette
    from huepress.values.palette import Slots as Slots

# Loaded at first use: `huepress --help` and a script that needs one value pay for no other.
_MODULE_OF = {
    "Animation": "values.animation",
    "Codebook": "values.codebook",
    "CompressOptions": "options",
    "FitResult": "kmeans",
    "Fitted": "limits",
    "FormatError": "errors",
    "Frame": "values.animation",
    "Histogram": "values.histogram",
    "HuepressError": "errors",
    "Image": "values.image",
    "IndexedImage": "values.indexed",
    "InputError": "errors",
    "MovingResult": "motion.result",
    "OptionError": "errors",
    "OutputError": "errors",
    "Palette": "values.palette",
    "QualityError": "errors",
    "Record": "many.records",
    "Result": "pipeline",
    "Slots": "values.palette",
    "compress": "pipeline",
    "compress_animation": "motion.compression",
    "compress_files": "many.files",
    "decompress": "pipeline",
    "distortion": "metrics",
    "error_diffusion": "mapping",
    "fit": "kmeans",
    "fit_within": "limits",
    "nearest": "mapping",
    "ordered": "mapping",
    "rate_aware": "mapping",
}

__all__ = sorted(_MODULE_OF)


def load_ipython_extension(shell: Any) -> None:
    """Make figures in notebooks small, as ``%load_ext huepress`` asks; see `huepress.ipython`."""
    from huepress.ipython import small_figures

    small_figures(shell=shell)


def unload_ipython_extension(shell: Any) -> None:
    """Show figures as matplotlib renders them again, as ``%unload_ext huepress`` asks."""
    from huepress.ipython import large_figures

    large_figures(shell=shell)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULE_OF:
        raise AttributeError(f"module 'huepress' has no attribute {name!r}")
    return getattr(import_module(f"huepress.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
