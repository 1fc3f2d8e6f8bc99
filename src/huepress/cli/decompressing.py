"""`huepress decompress`: rebuild pictures from codebook and labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from huepress import formats
from huepress.cli import report
from huepress.cli.running import DONE, FAILED, guarded, say, write_stdout
from huepress.errors import HuepressError, OptionError
from huepress.files import write_files
from huepress.indexed import IndexedImage
from huepress.pipeline import decompress


def run(
    inputs: list[str], output: str | None, labels: Path | None, *, as_json: bool, force: bool
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
        failures = 0
        for source in inputs:
            try:
                facts = _restore(source, output, labels, force=force)
            except HuepressError as error:
                if isinstance(error, OptionError):
                    raise
                failures += 1
                say(str(error))
                facts = {"input": source, "error": str(error)}
            if as_json:
                report.print_json(facts)
            elif "output" in facts and facts["output"] != "-":
                print(
                    f"{facts['output']}: {facts['width']}×{facts['height']}, "
                    f"{facts['codes']} codes, {report.size(facts['output_bytes'])}"
                )
        return FAILED if failures else DONE

    return guarded(work)


def _restore(
    source: str, output: str | None, labels: Path | None, *, force: bool
) -> dict[str, Any]:
    indexed = decompress(sys.stdin.buffer.read() if source == "-" else source, labels)
    restored = Path(source).with_name(Path(source).stem + "-restored.png")
    target = output or ("-" if source == "-" else str(restored))
    data = _picture(indexed, target)
    if target == "-":
        write_stdout(data)
    else:
        write_files({Path(target): data}, overwrite=force)
    return {
        "input": source,
        "output": target,
        "width": indexed.width,
        "height": indexed.height,
        "codes": len(indexed.codebook),
        "output_bytes": len(data),
    }


def _picture(indexed: IndexedImage, target: str) -> bytes:
    suffix = ".png" if target == "-" else Path(target).suffix.lower()
    names = [name for name, kind in formats.FORMATS.items() if kind.suffix == suffix]
    if not names or not formats.FORMATS[names[0]].is_picture:
        known = sorted({kind.suffix for kind in formats.FORMATS.values() if kind.is_picture})
        raise OptionError(
            f"cannot write {target!r} without loss; end it in one of {', '.join(known)}"
        )
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
