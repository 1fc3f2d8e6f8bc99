"""`huepress decompress`: rebuild pictures from codebook and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huepress import formats
from huepress.cli import printing
from huepress.cli.exits import DONE, FAILED
from huepress.cli.guard import facts_of_each, guarded
from huepress.cli.paths import file_inputs, output_path
from huepress.cli.pipes import stdin_file
from huepress.cli.target import Target
from huepress.common.humanize import size
from huepress.errors import OptionError
from huepress.pipeline import decompress
from huepress.values.indexed import IndexedImage


def run(
    inputs: list[str],
    output: str | None,
    labels: Path | None,
    max_pixels: int,
    *,
    as_json: bool,
    force: bool,
) -> int:
    """Rebuild pictures as the command line asks, and return the exit code."""

    def work() -> int:
        if output is not None and len(inputs) > 1:
            raise OptionError(f"-o names one output for {len(inputs)} inputs; leave it out")
        files = [file for source in file_inputs(*inputs) for file in formats.files_of(source)]
        originals = [*files, *file_inputs(labels)]
        failures = 0

        def restore(source: str) -> dict[str, Any]:
            target = Target(_target(source, output), originals, force)
            return _restore(source, target, labels, max_pixels)

        for facts in facts_of_each(inputs, restore):
            failures += "error" in facts
            if as_json:
                printing.print_json(facts, aside=output == "-" or facts["input"] == "-")
            elif "output" in facts and facts["output"] != "-":
                print(
                    f"{facts['output']}: {facts['width']}×{facts['height']}, "
                    f"{facts['codes']} codes, {size(facts['output_bytes'])}"
                )
        return FAILED if failures else DONE

    return guarded(work)


def _target(source: str, output: str | None) -> str:
    if output is not None:
        return output_path(output)
    path = Path(source)
    return "-" if source == "-" else str(path.parent / f"{path.stem}-restored.png")


def _restore(source: str, target: Target, labels: Path | None, max_pixels: int) -> dict[str, Any]:
    target.check()
    suffix = _suffix(target)
    indexed = decompress(stdin_file() if source == "-" else source, labels, max_pixels=max_pixels)
    data = _picture(indexed, suffix)
    target.write(data)
    return {
        "input": source,
        "output": target.name,
        "width": indexed.width,
        "height": indexed.height,
        "codes": len(indexed.codebook),
        "output_bytes": len(data),
    }


def _suffix(target: Target) -> str:
    suffix = ".png" if target.is_stdout else Path(target.name).suffix.lower()
    known = sorted({kind.suffix for kind in formats.FORMATS.values() if kind.is_picture})
    if suffix not in known:
        raise OptionError(
            f"cannot write {target.name!r} without loss; end it in one of {', '.join(known)}"
        )
    return suffix


def _picture(indexed: IndexedImage, suffix: str) -> bytes:
    names = [name for name, kind in formats.FORMATS.items() if kind.suffix == suffix]
    fitting = [name for name in names if _fits(name, indexed)]
    if not fitting:
        raise OptionError(
            f"{len(indexed.codebook)} codes do not fit {suffix}; end the output in .png or .webp"
        )
    encoded = formats.encode(indexed, fitting[0], effort="fast")
    formats.verify(encoded, indexed)
    return encoded.files[0][1]


def _fits(name: str, indexed: IndexedImage) -> bool:
    limit = formats.FORMATS[name].max_codes
    return limit is None or len(indexed.codebook) <= limit
