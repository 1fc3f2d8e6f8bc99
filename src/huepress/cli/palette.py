"""`huepress palette`: learn a picture's palette, or take a palette file; show it, or write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from huepress.cli import printing
from huepress.cli.exits import DONE
from huepress.cli.guard import guarded
from huepress.cli.option_table import LEARNING
from huepress.cli.paths import file_inputs
from huepress.cli.streams import say
from huepress.cli.swatches import print_swatches
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.common.choices import PaletteFormat
from huepress.errors import FormatError, OptionError
from huepress.formats.palettes import READABLE, SUFFIXES, read_palette, write_palette
from huepress.kmeans import fit
from huepress.mapping import nearest
from huepress.options import CompressOptions
from huepress.values.codebook import Codebook
from huepress.values.flatten import HALF, Flattening, flattened, soft_pixels
from huepress.values.histogram import Histogram
from huepress.values.image import Image

DEFAULT_FORMAT = "hex"
"""What goes to standard output when nothing else is said."""

_NO_ALPHA = ("gpl", "hex", "pal", "aco", "ase")
"""Files whose colours are red, green and blue to the programs that read them."""

_NO_SOFT_ALPHA = (*_NO_ALPHA, "act")

_NAMED = ("gpl", "aco", "ase", "json")
"""Files that have a place for names."""

_OF_FILES = "max_pixels", "lenient", "threads"
"""Options that say nothing of how colours are learned."""


@dataclass(frozen=True, slots=True)
class PaletteFile:
    """What a palette is to be written as: -o and --format; without an output it is shown."""

    output: str | None
    format_name: PaletteFormat | None

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


def run(source: str, file: PaletteFile, how: Written, *, as_json: bool, force: bool) -> int:
    """Learn a picture's palette or take a file's, show it or write it; return the exit code."""

    def work() -> int:
        kind = file.kind
        target = None
        if file.output is not None:
            target = Target(file.output, file_inputs(source), force)
            target.check()
        if is_palette_file(source):
            return _exchanged(source, file, how, target, as_json=as_json)
        # Any number of codes: no picture is written.
        options = how.options(format="npz")
        image = Image.read(
            source, frame=options.frame, max_pixels=options.max_pixels, lenient=options.lenient
        )
        learned = _learned(image, kind, options)
        if target is not None:
            stem = "palette" if source == "-" else Path(source).stem
            name = f"{stem}.{kind}" if target.is_stdout else target.name
            target.write(write_palette(learned.codebook, name))
        if as_json:
            own = {"input": source, "output": file.output, "k": options.k}
            warnings = list(image.source.warnings)
            facts = {**own, **learned.facts(), "warnings": warnings}
            printing.print_json(facts, aside=file.output == "-")
        elif target is None:
            _print_palette(learned.codebook, learned.shares)
        else:
            _tell(target, learned, kind)
        return DONE

    return guarded(work)


def is_palette_file(source: str) -> bool:
    """Whether a name is that of a palette file, and of no picture."""
    suffix = Path(source).suffix.lower()
    return suffix in READABLE and suffix != ".png"


def _exchanged(
    source: str, file: PaletteFile, how: Written, target: Target | None, *, as_json: bool
) -> int:
    """Show a palette file, or write it as another: each entry at its place, with its name."""
    for row in LEARNING:
        typed = how.typed.get(row.name)
        if row.name not in _OF_FILES and typed and typed != row.typed_default:
            raise OptionError(
                f"{source} is a palette file, of which nothing is learned; leave {row.flags[-1]} "
                "out, or name a picture"
            )
    palette, kind = read_palette(source), file.kind
    if target is not None:
        name = f"{Path(source).stem}.{kind}" if target.is_stdout else target.name
        target.write(write_palette(palette, name))
    if as_json:
        facts = {
            "input": source,
            "output": file.output,
            "codes": len(palette),
            "colors": palette.hex(),
            "names": list(palette.names),
        }
        printing.print_json(facts, aside=file.output == "-")
    elif target is None:
        print_swatches(palette)
    else:
        lost = sum(map(bool, palette.names)) if kind not in _NAMED else 0
        note = f".{kind} has no names, so {lost} are left out" if lost else ""
        if not target.is_stdout:
            written = f"{target.name}: {len(palette)} colours, each at its place"
            print("; ".join(filter(None, [written, note])))
        elif note:
            say(note)
    return DONE


def _tell(target: Target, learned: _Learned, kind: str | None) -> None:
    note = learned.note(kind)
    if not target.is_stdout:
        written = f"{target.name}: {len(learned.codebook)} colours"
        print("; ".join(filter(None, [written, note])))
    elif note:
        say(note)


@dataclass(frozen=True, slots=True)
class _Learned:
    """A palette, the share of each colour, and how many pixels had no part in it."""

    codebook: Codebook
    shares: list[float]
    left_out: int
    cut: int

    def facts(self) -> dict[str, Any]:
        """Return what --json prints of it."""
        return {
            "codes": len(self.codebook),
            "colors": self.codebook.hex(),
            "shares": self.shares,
            "clear_pixels_left_out": self.left_out,
            "soft_pixels_cut": self.cut,
        }

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
    out, _ = printing.consoles()
    order = sorted(range(len(codebook)), key=lambda code: -shares[code])
    names = codebook.hex()
    for code in order:
        line = Text()
        if out.is_terminal:
            line.append("███ ", names[code][:7])
        line.append(f"{names[code]:<9}  {shares[code]:7.2%}")
        out.print(line)
