"""What became of one input of `compress`, and the object that --json prints of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from huepress.cli.guard import told
from huepress.errors import HuepressError
from huepress.options import CompressOptions
from huepress.pipeline import Result
from huepress.values.image import Image

Status = Literal["written", "copied", "kept", "failed"]


@dataclass(frozen=True, eq=False, slots=True)
class Spared:
    """A search that was not begun, because its file would be larger than the input by far.

    `n_bytes` is what the file should take at the least, and `seconds` how long that took to tell.
    """

    image: Image
    options: CompressOptions
    n_bytes: int
    seconds: float


_MEASURED: dict[str, Callable[[Result], Any]] = {
    "output_bytes": lambda result: result.output_bytes,
    "format": lambda result: result.encoded.format,
    "distinct_colors": lambda result: result.distinct_colors,
    "output_colors": lambda result: result.output_colors,
    "k": lambda result: result.k,
    "codes": lambda result: result.output_colors if result.is_indexed else 0,
    "lossy_quality": lambda result: result.coder.quality if result.coder else None,
    "hidden_colors": lambda result: len(result.hidden.histogram) if result.hidden else 0,
    "hidden_codes": lambda result: result.hidden.k if result.hidden else 0,
    "mse": lambda result: result.distortion.mse,
    "psnr": lambda result: result.distortion.psnr,
    "wanted": lambda result: result.found.wanted if result.found else None,
    "shortfall": lambda result: result.found.shortfall if result.found else "",
    "left_out": lambda result: list(result.found.left_out) if result.found else [],
    "iterations": lambda result: result.fit.iterations if result.fit else 0,
    "converged": lambda result: result.fit.converged if result.fit else True,
}
"""What --json tells of a result; null where there is none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input.

    Parameters
    ----------
    source : str
        A path, or '-'.
    status : {'written', 'copied', 'kept', 'failed'}
        'copied' is the original to the output, 'kept' the original alone.
    outputs : tuple of str
        Files, or '-'.
    result : Result or None
        None where it failed, or was spared.
    score : float
        SSIMULACRA2 of the result.
    error : HuepressError or None
        Why it failed.
    spared : Spared or None
        Why nothing was tried.
    """

    source: str
    status: Status
    outputs: tuple[str, ...] = ()
    result: Result | None = None
    score: float = 0.0
    error: HuepressError | None = None
    spared: Spared | None = None

    def facts(self) -> dict[str, Any]:
        """Return the object that --json prints."""
        if self.error is not None:
            return {"input": self.source, "status": self.status, "error": told(self.error)}
        done = self.spared or self.result
        assert done is not None
        image, result, outputs = done.image, self.result, self.outputs
        measured = {name: result and fact(result) for name, fact in _MEASURED.items()}
        return {
            "input": self.source,
            "output": (outputs[0] if outputs else None) if len(outputs) < 2 else list(outputs),
            "status": self.status,
            "width": image.width,
            "height": image.height,
            "bit_depth": image.source.bit_depth,
            "input_bytes": image.source.file_bytes,
            **measured,
            "forecast_bytes": self.spared and self.spared.n_bytes,
            "ssimulacra2": self.score if result else None,
            "seed": done.options.seed,
            "seconds": round(done.seconds, 4),
            "warnings": list(image.source.warnings),
        }
