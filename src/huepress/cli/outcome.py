"""What became of one input of `compress`, and the object that --json prints of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from huepress.cli.guard import told
from huepress.errors import HuepressError
from huepress.pipeline import Result

Status = Literal["written", "copied", "kept", "failed"]


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
        None where it failed.
    score : float
        SSIMULACRA2 of the result.
    error : HuepressError or None
        Why it failed.
    """

    source: str
    status: Status
    outputs: tuple[str, ...] = ()
    result: Result | None = None
    score: float = 0.0
    error: HuepressError | None = None

    def facts(self) -> dict[str, Any]:
        """Return the object that --json prints."""
        if self.error is not None:
            return {"input": self.source, "status": self.status, "error": told(self.error)}
        assert self.result is not None
        result, outputs = self.result, self.outputs
        image, found = result.image, result.found
        return {
            "input": self.source,
            "output": (outputs[0] if outputs else None) if len(outputs) < 2 else list(outputs),
            "status": self.status,
            "format": result.encoded.format,
            "width": image.width,
            "height": image.height,
            "bit_depth": image.source.bit_depth,
            "input_bytes": image.source.file_bytes,
            "output_bytes": result.output_bytes,
            "distinct_colors": result.distinct_colors,
            "k": result.k,
            "codes": len(result.indexed.codebook),
            "hidden_colors": len(result.hidden.histogram) if result.hidden else 0,
            "hidden_codes": result.hidden.k if result.hidden else 0,
            "mse": result.distortion.mse,
            "psnr": result.distortion.psnr,
            "ssimulacra2": self.score,
            "wanted": found.wanted if found else None,
            "shortfall": found.shortfall if found else "",
            "iterations": result.fit.iterations if result.fit else 0,
            "converged": result.fit.converged if result.fit else True,
            "seed": result.options.seed,
            "seconds": round(result.seconds, 4),
            "warnings": list(image.source.warnings),
        }
