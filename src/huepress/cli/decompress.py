"""`huepress decompress`: rebuild pictures from codebook and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huepress import formats
from huepress.cli import printing as report
from huepress.cli.exits import (
    DONE,
    FAILED,
    check_stdout,
    file_inputs,
    guarded,
    output_path,
    say,
    stdin_file,
    told,
    write_stdout,
)
from huepress.common.files import check_targets, write_files
from huepress.errors import HuepressError, OptionError
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
    """Rebuild pictures as the command line asks.

    Parameters
    ----------
    inputs : list of str
        Paths, or '-'.
    output : str or None
        The one output, or '-'.
    labels : Path or None
        The label picture of a codebook .npy file.
    max_pixels : int
        Larger pictures are refused.
    as_json, force : bool
        Print objects rather than lines; overwrite files.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        if output is not None and len(inputs) > 1:
            raise OptionError(f"-o names one output for {len(inputs)} inputs; leave it out")
        files = [file for source in file_inputs(*inputs) for file in formats.files_of(source)]
        originals = [*files, *file_inputs(labels)]
        failures = 0
        for source in inputs:
            try:
                target = _target(source, output)
                facts = _restore(source, target, labels, max_pixels, originals, force=force)
            except HuepressError as error:
                if isinstance(error, OptionError):
                    raise
                failures += 1
                say(told(error))
                facts = {"input": source, "error": told(error)}
            if as_json:
                report.print_json(facts, aside=output == "-" or source == "-")
            elif "output" in facts and facts["output"] != "-":
                print(
                    f"{facts['output']}: {facts['width']}×{facts['height']}, "
                    f"{facts['codes']} codes, {report.size(facts['output_bytes'])}"
                )
        return FAILED if failures else DONE

    return guarded(work)


def _target(source: str, output: str | None) -> str:
    if output is not None:
        return output_path(output)
    path = Path(source)
    return "-" if source == "-" else str(path.parent / f"{path.stem}-restored.png")


def _restore(
    source: str,
    target: str,
    labels: Path | None,
    max_pixels: int,
    originals: list[Path],
    *,
    force: bool,
) -> dict[str, Any]:
    if target == "-":
        check_stdout()
    else:
        check_targets([Path(target)], overwrite=force, inputs=originals)
    suffix = _suffix(target)
    indexed = decompress(stdin_file() if source == "-" else source, labels, max_pixels=max_pixels)
    data = _picture(indexed, suffix)
    if target == "-":
        write_stdout(data)
    else:
        write_files({Path(target): data}, overwrite=force, inputs=originals)
    return {
        "input": source,
        "output": target,
        "width": indexed.width,
        "height": indexed.height,
        "codes": len(indexed.codebook),
        "output_bytes": len(data),
    }


def _suffix(target: str) -> str:
    suffix = ".png" if target == "-" else Path(target).suffix.lower()
    known = sorted({kind.suffix for kind in formats.FORMATS.values() if kind.is_picture})
    if suffix not in known:
        raise OptionError(
            f"cannot write {target!r} without loss; end it in one of {', '.join(known)}"
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
