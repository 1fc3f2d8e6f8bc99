"""What became of one file, while its pixels are at hand; a `Record` is what is left to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from huepress.common.thumbnails import thumbnail as thumbnail_of
from huepress.errors import HuepressError
from huepress.many import moving as about_moving
from huepress.many.records import Record
from huepress.options import CompressOptions
from huepress.pipeline import Result
from huepress.values.image import Image

if TYPE_CHECKING:
    from huepress.motion.result import MovingResult

_ERRORS = HuepressError.__module__

Status = Literal["written", "copied", "kept", "unchanged", "failed"]


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
    status : {'written', 'copied', 'kept', 'unchanged', 'failed'}
        'copied' is the original to the output, 'kept' the original alone, 'unchanged' an output
        that was there already.
    outputs : tuple of str
        Files, or '-'.
    result : Result or None
        None where it failed, was spared, or moves.
    moving : MovingResult or None
        Of what moves.
    score : float
        SSIMULACRA2 of the result; of a moving one the mean.
    error : HuepressError or None
        Why it failed.
    spared : Spared or None
        A search that was not begun.
    reason : str
        Why the original stays.
    copy : str
        Where the original was copied to beside an output of another name.
    """

    source: str
    status: Status
    outputs: tuple[str, ...] = ()
    result: Result | None = None
    moving: MovingResult | None = None
    score: float = 0.0
    error: HuepressError | None = None
    spared: Spared | None = None
    reason: str = ""
    copy: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the object that --json prints."""
        if self.error is not None:
            return {"input": self.source, "status": self.status, "error": str(self.error)}
        outputs = self.outputs
        placed = {
            "input": self.source,
            "output": (outputs[0] if outputs else None) if len(outputs) < 2 else list(outputs),
            "status": self.status,
        }
        if self.copy:
            placed["copy"] = self.copy
        if self.moving is not None:
            return {**placed, **about_moving.facts(self.moving)}
        done = self.spared or self.result
        if done is None:
            return {**placed, "reason": self.reason}
        image, result = done.image, self.result
        measured = {name: result and fact(result) for name, fact in _MEASURED.items()}
        return {
            **placed,
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

    def record(self, n_bytes: int, *, warnings: tuple[str, ...] = (), thumbnail: int = 0) -> Record:
        """Leave only what is to be told.

        Parameters
        ----------
        n_bytes : int
            Of the original, where it was not read.
        warnings : tuple of str
            What was said meanwhile.
        thumbnail : int
            Longest side of a small picture of what stands there; 0 is none.

        Returns
        -------
        Record
            Without pixels.
        """
        done = self.spared or self.result or self.moving
        result = self.result or self.moving
        before = self._input_bytes or n_bytes
        after = result.output_bytes if result is not None else before
        return Record(
            source=self.source,
            status=self.status,
            outputs=(*self.outputs, self.copy) if self.copy else self.outputs,
            input_bytes=before,
            output_bytes=before if self.status in ("kept", "copied") else after,
            score=self.score if result is not None else None,
            seconds=done.seconds if done else 0.0,
            error=str(self.error or ""),
            failure=self.failure,
            reason=self.reason,
            note=about_moving.note(self.moving) if self.moving else _note(self.result),
            warnings=warnings,
            facts=self.facts(),
            thumbnail=self._thumbnail(thumbnail) if thumbnail else b"",
        )

    @property
    def failure(self) -> str:
        """Name the public class of the error; empty where there is none."""
        kinds = type(self.error).__mro__ if self.error else ()
        return next((kind.__name__ for kind in kinds if kind.__module__ == _ERRORS), "")

    def name_fields(self) -> Mapping[str, str]:
        """Return what only a result tells of an output's name; nothing where there is none."""
        if self.moving is not None:
            return about_moving.name_fields(self.moving)
        if self.result is None:
            return {}
        import hashlib

        return {
            "format": self.result.encoded.format,
            "k": str(self.result.k),
            "width": str(self.result.image.width),
            "height": str(self.result.image.height),
            "hash": hashlib.sha256(self.result.encoded.files[0][1]).hexdigest()[:8],
        }

    @property
    def _input_bytes(self) -> int | None:
        """Of what was read."""
        if self.moving is not None:
            return self.moving.animation.source.file_bytes
        done = self.spared or self.result
        return None if done is None else done.image.source.file_bytes

    def _thumbnail(self, side: int) -> bytes:
        """Write a small picture of the result, or of the original where that stays."""
        stays = self.status in ("kept", "copied")
        if self.moving is not None:
            frames = self.moving.animation if stays else about_moving.shown_by(self.moving)
            return thumbnail_of(next(iter(frames)).pixels, side)
        if self.result is not None and not stays:
            return thumbnail_of(self.result.pixels, side)
        done = self.spared or self.result
        return thumbnail_of(done.image.pixels, side) if done else b""


def _note(result: Result | None) -> str:
    if result is None:
        return ""
    return "  ".join(filter(None, [result.kind if result.coder else "", _shortfall(result)]))


def _shortfall(result: Result) -> str:
    return result.found.shortfall if result.found else ""
