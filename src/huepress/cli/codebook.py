"""`huepress codebook`: build, update, merge and show codebooks that many pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huepress.cli import printing
from huepress.cli.counted import counted
from huepress.cli.exits import DONE
from huepress.cli.guard import guarded
from huepress.cli.paths import file_inputs
from huepress.cli.streams import one_line
from huepress.cli.swatches import print_swatches
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.common import humanize, notebook
from huepress.common.choices import Space
from huepress.common.files import write_files
from huepress.errors import OptionError
from huepress.formats import png
from huepress.formats.codebooks import SUFFIX, codebook_in, read_codebook, write_codebook
from huepress.formats.palettes import read_palette
from huepress.many.codebooks import (
    Merged,
    Update,
    build_codebook,
    merge_codebooks,
    update_codebook,
)
from huepress.values.palette import Palette
from huepress.values.shared import SharedCodebook


@dataclass(frozen=True, slots=True)
class Place:
    """Where an updated codebook goes: to a file, into its own place, or nowhere."""

    output: str | None
    in_place: bool
    force: bool


def build(
    sources: list[str], output: str, how: Written, jobs: int, *, as_json: bool, force: bool
) -> int:
    """Learn a codebook for all pictures, write it, and return the exit code."""

    def work() -> int:
        target = _lock_target(output, file_inputs(*sources), force=force)
        options = how.options(format="npz")
        tally = counted(sources, options, jobs)
        shared = build_codebook(
            tally.histogram,
            options.most_codes,
            space=options.space,
            effort=options.effort,
            seeding=options.seeding,
            seed=options.seed,
            pinned=options.pinned,
            threads=options.threads,
        )
        target.write(write_codebook(shared, _name(output)))
        if as_json:
            facts = {"output": output, "files": tally.files, **_facts(shared)}
            printing.print_json(facts, aside=target.is_stdout)
        elif not target.is_stdout:
            source = shared.learned_from[0]
            print(
                f"{one_line(output)}: {humanize.colors(len(shared))} for {source.pixels:,} pixels "
                f"of {source.colors:,} in {humanize.files(tally.files)}{_excess(shared)}"
            )
        return DONE

    return guarded(work)


def update(
    book: str,
    sources: list[str],
    place: Place,
    how: Written,
    jobs: int,
    *,
    replace_unused: bool,
    as_json: bool,
) -> int:
    """Add codes for new pictures, tell what is new, and return the exit code."""

    def work() -> int:
        target = _place_of(book, sources, place)
        old = read_codebook(book)
        options = how.options(format="npz")
        tally = counted(sources, options, jobs)
        found = update_codebook(
            old,
            tally.histogram,
            options.k,
            replace_unused=replace_unused,
            effort=options.effort,
            seed=options.seed,
            pinned=options.pinned,
            threads=options.threads,
        )
        content = write_codebook(found.shared, _name(place.output or book))
        if target is not None:
            target.write(content)
        elif place.in_place:
            write_files({Path(book): content}, overwrite=True, inputs=file_inputs(*sources))
        aside = target is not None and target.is_stdout
        if as_json:
            facts = {"input": book, "output": place.output or (book if place.in_place else None)}
            changes = {
                "added": list(found.added),
                "replaced": list(found.replaced),
                "unused": list(found.unused),
            }
            printing.print_json({**facts, **changes, **_facts(found.shared)}, aside=aside)
        elif not aside:
            for line in _changes(old, found):
                print(line)
            if place.output is None and not place.in_place:
                print("nothing was written; -o OUT or --in-place does")
        return DONE

    return guarded(work)


def merge(books: list[str], output: str, space: Space | None, *, as_json: bool, force: bool) -> int:
    """Join codebooks, write the one that comes out, and return the exit code."""

    def work() -> int:
        target = _lock_target(output, file_inputs(*books), force=force)
        parts = [codebook_in(book) or read_palette(book) for book in books]
        merged = merge_codebooks(parts, space=space)
        target.write(write_codebook(merged.shared, _name(output)))
        if as_json:
            facts = {"inputs": books, "output": output, "places": list(map(list, merged.places))}
            printing.print_json({**facts, **_facts(merged.shared)}, aside=target.is_stdout)
        elif not target.is_stdout:
            print(f"{one_line(output)}: {_joined(books, parts, merged)}{_excess(merged.shared)}")
        return DONE

    return guarded(work)


def show(book: str, output: str | None, *, as_json: bool, force: bool) -> int:
    """Show a codebook's codes, draw them where asked, and return the exit code."""

    def work() -> int:
        target = None
        if output is not None:
            target = Target(output, file_inputs(book), force)
            if not target.is_stdout and Path(output).suffix.lower() != ".png":
                raise OptionError(f"{output!r} does not end in .png, as swatches do; end it in it")
            target.check()
        shared = codebook_in(book)
        palette = shared.palette if shared is not None else read_palette(book)
        if target is not None:
            target.write(notebook.swatches_png(palette.entries))
        if as_json:
            facts = _facts(shared) if shared is not None else _palette_facts(palette)
            printing.print_json({"input": book, **facts}, aside=output == "-")
        elif target is None:
            _print(book, palette, shared)
        return DONE

    return guarded(work)


def _lock_target(output: str, originals: Sequence[Path], *, force: bool) -> Target:
    target = Target(output, originals, force)
    if not target.is_stdout and Path(output).suffix.lower() != SUFFIX:
        raise OptionError(
            f"{output!r} does not end in {SUFFIX}, as a codebook's lock file does; end it in it, "
            "and turn it into a palette file with huepress palette"
        )
    target.check()
    return target


def _place_of(book: str, sources: list[str], place: Place) -> Target | None:
    if place.in_place and place.output is not None:
        raise OptionError("--in-place puts the codebook into its own place; give it without -o")
    if place.output is None:
        return None
    return _lock_target(place.output, file_inputs(book, *sources), force=place.force)


def _name(output: str) -> str:
    return "codebook" if output == "-" else Path(output).stem


def _excess(shared: SharedCodebook) -> str:
    if len(shared) <= png.MAX_CODES:
        return ""
    return f"; PNG and GIF palettes hold {png.MAX_CODES}, so that it serves webp, png24 and npz"


def _facts(shared: SharedCodebook) -> dict[str, Any]:
    return {
        **_palette_facts(shared.palette),
        "pins": list(shared.pins),
        "space": shared.space,
        "k": shared.k,
        "histograms": [
            {"sha256": one.sha256, "pixels": one.pixels, "colors": one.colors}
            for one in shared.learned_from
        ],
    }


def _palette_facts(palette: Palette) -> dict[str, Any]:
    return {"codes": len(palette), "colors": palette.hex(), "names": list(palette.names)}


def _changes(old: SharedCodebook, found: Update) -> list[str]:
    """Say in lines what an update has changed, and what not."""
    before, after = old.palette.hex(), found.shared.palette.hex()
    lines = [f"{place}: {before[place]} → {after[place]}" for place in found.replaced]
    lines += [f"{place}: {after[place]} is new" for place in found.added]
    pinned = sorted(set(found.shared.pins) - set(old.pins) - {*found.added, *found.replaced})
    lines += [f"{place}: {after[place]} is pinned now" for place in pinned]
    counts = {
        "kept": len(old) - len(found.replaced),
        "replaced": len(found.replaced),
        "added": len(found.added),
    }
    total = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    room = found.shared.k - len(found.shared)
    total += f"; room for {room} more" if room else "; no room for more (-k makes some)"
    idle = len(set(found.unused) - set(found.replaced))
    if idle:
        total += f"; {idle} of the kept are no pixel's nearest"
    return [*lines, total]


def _joined(books: list[str], parts: Sequence[SharedCodebook | Palette], merged: Merged) -> str:
    """Say how many codes came from where."""
    known: set[int] = set()
    told = []
    for book, part, places in zip(books, parts, merged.places, strict=True):
        new = len(set(places) - known)
        known.update(places)
        told.append(f"{new} of {len(part)} from {one_line(book)}")
    return f"{humanize.colors(len(merged.shared))}: {', '.join(told)}"


def _print(book: str, palette: Palette, shared: SharedCodebook | None) -> None:
    out, _ = printing.consoles()
    if shared is not None:
        sources = [
            f"{one.pixels:,} pixels of {humanize.colors(one.colors)}, sha256 {one.sha256[:12]}…"
            for one in shared.learned_from
        ]
        rows = [
            ("codebook", one_line(book)),
            ("codes", f"{len(shared)}, room for {shared.k}; {len(shared.pins)} pinned"),
            ("space", shared.space),
            ("learned from", "\n".join(sources) or "nothing; its colours were given"),
        ]
        out.print(printing.Rows(rows))
    pins = set(shared.pins) if shared is not None else set()
    print_swatches(palette, ["pinned" if place in pins else "" for place in range(len(palette))])
