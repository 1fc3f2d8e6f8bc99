"""`MovingResult`: one compressed moving picture, and the facts about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from huepress.common.files import write_files
from huepress.kmeans import FitResult
from huepress.motion.survey import Survey
from huepress.motion.writing import FrameFacts, Written
from huepress.options import CompressOptions
from huepress.search.trials import Setting
from huepress.values.animation import Animation


@dataclass(frozen=True, eq=False, slots=True)
class MovingResult:
    """One compressed moving picture and the facts about it.

    Parameters
    ----------
    animation : Animation
        The original.
    options : CompressOptions
        What was asked.
    format : str
        Of the file: ``gif``, ``apng`` or ``webp``.
    setting : Setting
        How frames were mapped.
    fit : FitResult or None
        How the codebook of all frames came about; None where each has its own.
    wanted : float or None
        The score that was aimed at; None for a size, or a number of codes.
    written : Written
        The file, proved to show what the frames' facts say.
    survey : Survey
        What a first look at the original told.
    lossless : bool
        Whether every pixel of every frame is the original's.
    seconds : float
        From the first frame to the proved file.
    """

    animation: Animation
    options: CompressOptions
    format: str
    setting: Setting
    fit: FitResult | None
    wanted: float | None
    written: Written
    survey: Survey
    lossless: bool
    seconds: float

    @property
    def frames(self) -> tuple[FrameFacts, ...]:
        """What became of each frame."""
        return tuple(self.written.frames)

    @property
    def score(self) -> float:
        """Mean SSIMULACRA2 of the frames, by their durations."""
        return self.written.score

    @property
    def worst(self) -> float:
        """SSIMULACRA2 of the worst frame."""
        return self.written.worst

    @property
    def output_bytes(self) -> int:
        """Bytes of the file."""
        return self.written.n_bytes

    @property
    def output_codes(self) -> int:
        """Codes that all frames share; 0 where each has its own."""
        return 0 if self.fit is None else len(self.fit.codebook)

    @property
    def reached(self) -> bool:
        """Whether the wanted quality was met."""
        return self.wanted is None or self.score >= self.wanted

    def _repr_html_(self) -> str:
        from io import BytesIO

        from huepress.common import humanize, notebook

        before, after = self.animation.source.file_bytes, self.output_bytes
        size = humanize.size(after)
        if before:
            size = f"{humanize.size(before)} → {size} ({after / before:.1%})"
        rows = [
            ("bytes", f"{size}, {humanize.size(after / len(self.frames))} a frame"),
            ("score", f"{self.score:.1f} in the mean, {self.worst:.1f} at worst"),
            ("mapped", "exactly" if self.lossless else str(self.setting)),
        ]
        shown = Animation.read(BytesIO(bytes(self)), max_pixels=None)
        return notebook.figure(shown._repr_html_(), notebook.table(rows))

    def __bytes__(self) -> bytes:
        self.written.file.seek(0)
        return self.written.file.read()

    def save(self, path: str | Path | IO[bytes], *, overwrite: bool = False) -> list[Path]:
        """Write the file, whole or not at all.

        Parameters
        ----------
        path : str, Path or binary file
            Where to. A file object gets the bytes, and stays open.
        overwrite : bool
            Whether an existing file may be replaced, other than the original.

        Returns
        -------
        list of Path
            What was written; nothing for a file object.

        Raises
        ------
        OutputError
            If the file is there and may not be replaced, is the original, or cannot be written.
        """
        if not isinstance(path, (str, Path)):
            path.write(bytes(self))
            return []
        own = self.animation.source.path
        inputs = [] if own is None else [own]
        write_files({Path(path): bytes(self)}, overwrite=overwrite, inputs=inputs)
        return [Path(path)]
