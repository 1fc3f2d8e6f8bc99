"""`huepress palette`: learn a picture's palette; show it, or write it as a palette file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from huepress.cli import printing as report
from huepress.cli.exits import (
    DONE,
    check_stdout,
    file_inputs,
    guarded,
    optional,
    output_path,
    pinned_codes,
    say,
    write_stdout,
)
from huepress.common.files import check_targets, write_files
from huepress.errors import FormatError, OptionError
from huepress.formats.palettes import SUFFIXES, write_palette
from huepress.kmeans import fit
from huepress.mapping import nearest
from huepress.options import CompressOptions
from huepress.values.codebook import Codebook
from huepress.values.flatten import HALF, Flattening, flattened, soft_pixels
from huepress.values.histogram import Histogram
from huepress.values.image import Image

DEFAULT_FORMAT = "hex"
"""What goes to standard output when nothing else is said."""

_NO_ALPHA = ("gpl", "hex")
"""Files whose colours are red, green and blue to the programs that read them."""

_NO_SOFT_ALPHA = (*_NO_ALPHA, "act")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a palette goes, and as what.

    Parameters
    ----------
    output : str or None
        A file, or '-'; None shows the palette.
    format_name : str or None
        As in --format.
    """

    output: str | None
    format_name: str | None

    @property
    def kind(self) -> str | None:
        """The format's name; None where nothing is written.

        Raises
        ------
        OptionError
            If the name and the file's suffix tell of no format, or of two.
        """
        if self.output is None:
            if self.format_name is not None:
                raise OptionError("--format says how to write a palette; say where with -o OUT")
            return None
        if self.output == "-":
            return self.format_name or DEFAULT_FORMAT
        suffix = Path(self.output).suffix.lower()
        if suffix in SUFFIXES and self.format_name in (None, suffix[1:]):
            return suffix[1:]
        if self.format_name is None:
            raise OptionError(
                f"{self.output!r} has no suffix of a palette file; use {', '.join(SUFFIXES)}"
            )
        raise OptionError(
            f"--format {self.format_name} ends in .{self.format_name}, and {self.output!r} does "
            "not; change one of them"
        )


def run(
    source: str,
    destination: Destination,
    settings: dict[str, Any],
    *,
    as_json: bool,
    force: bool,
) -> int:
    """Learn a picture's palette; show it or write it.

    Parameters
    ----------
    source : str
        A path, or '-'.
    destination : Destination
        Where to.
    settings : dict
        Options by name, as written.
    as_json, force : bool
        Print an object rather than swatches; overwrite the file.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        kind, output = destination.kind, destination.output
        originals = file_inputs(source)
        if output == "-":
            check_stdout()
        elif output is not None:
            check_targets([Path(output_path(output))], overwrite=force, inputs=originals)
        given = optional(settings)
        given["pinned"] = pinned_codes(given.get("pinned"))
        options = CompressOptions(format="npz", **given)
        image = Image.read(
            source,
            frame=options.frame,
            max_pixels=options.max_pixels,
            lenient=options.lenient,
        )
        learned = _learned(image, kind, options)
        codebook = learned.codebook
        if output == "-":
            stem = "palette" if source == "-" else Path(source).stem
            write_stdout(write_palette(codebook, f"{stem}.{kind}"))
        elif output is not None:
            files = {Path(output): write_palette(codebook, output)}
            write_files(files, overwrite=force, inputs=originals)
        if as_json:
            report.print_json(
                {
                    "input": source,
                    "output": output,
                    "k": options.k,
                    "codes": len(codebook),
                    "colors": codebook.hex(),
                    "shares": learned.shares,
                    "clear_pixels_left_out": learned.left_out,
                    "soft_pixels_cut": learned.cut,
                    "warnings": list(image.source.warnings),
                },
                aside=output == "-",
            )
        elif output is None:
            _print_palette(codebook, learned.shares)
        elif output == "-":
            if learned.note(kind):
                say(learned.note(kind))
        else:
            print(
                "; ".join(filter(None, [f"{output}: {len(codebook)} colours", learned.note(kind)]))
            )
        return DONE

    return guarded(work)


@dataclass(frozen=True, slots=True)
class _Learned:
    """A palette, the share of each colour, and how many pixels had no part in it."""

    codebook: Codebook
    shares: list[float]
    left_out: int
    cut: int

    def note(self, kind: str | None) -> str:
        """Say what the palette file cannot hold."""
        notes = ["clear pixels are left out"] if self.left_out else []
        if self.cut:
            notes.append(f"soft ones count as opaque from an alpha of {HALF} on")
        if not notes:
            return ""
        alpha = "no alpha" if kind in _NO_ALPHA else "no soft alpha"
        return f".{kind} has {alpha}, so {' and '.join(notes)} (.json and .png keep it)"


def _learned(image: Image, kind: str | None, options: CompressOptions) -> _Learned:
    image = flattened(image, options.matte, options.alpha_threshold)
    cut = soft_pixels(image) if kind in _NO_SOFT_ALPHA else 0
    if cut:
        image = Flattening(None, HALF).image(image)
    histogram = Histogram.of(image, threads=options.threads)
    left_out = 0
    if kind in _NO_ALPHA and histogram.has_transparent:
        left_out = int(histogram.counts[0])
        if len(histogram) == 1:
            raise FormatError(
                f"every pixel is clear, and .{kind} has no alpha; there is no colour to write"
            )
        histogram = Histogram(histogram.colors[1:, :3], histogram.counts[1:])
    fitted = fit(histogram, **options.fit_arguments(), threads=options.threads)
    labels = nearest(histogram.colors[None], fitted.codebook, space=options.space).labels[0]
    counts = np.zeros(len(fitted.codebook), np.uint64)
    np.add.at(counts, labels, histogram.counts)
    shares = [int(count) / histogram.n_pixels for count in counts]
    return _Learned(fitted.codebook, shares, left_out, cut)


def _print_palette(codebook: Codebook, shares: list[float]) -> None:
    out, _ = report.consoles()
    order = sorted(range(len(codebook)), key=lambda code: -shares[code])
    names = codebook.hex()
    for code in order:
        line = Text()
        if out.is_terminal:
            line.append("███ ", names[code][:7])
        line.append(f"{names[code]:<9}  {shares[code]:7.2%}")
        out.print(line)
