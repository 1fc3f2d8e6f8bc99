"""`compress_files`: many files from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from huepress.common.checks import instance
from huepress.errors import OptionError
from huepress.many.manifest import NAME, Manifest
from huepress.many.plan import Placement, planned
from huepress.many.records import Record
from huepress.many.run import job_count, run_sorted, sorted_out
from huepress.many.walk import walk
from huepress.options import CompressOptions, OptionChanges, shows_options

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@shows_options
def compress_files(
    paths: Paths,
    options: CompressOptions | None = None,
    *,
    out_dir: str | os.PathLike[str] | None = None,
    name: str | None = None,
    in_place: bool = False,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    copy_kept: bool | None = None,
    force: bool = False,
    preserve: bool = False,
    allow_larger: bool = False,
    jobs: int = 0,
    manifest: str | os.PathLike[str] | None = None,
    on_record: Callable[[Record], None] | None = None,
    **changes: Unpack[OptionChanges],
) -> list[Record]:
    """Compress files and folders by several processes, as ``huepress compress`` does.

    A folder stands for the pictures in it and in its folders, by their suffix; hidden ones and
    links to folders are left out. Each keeps its format, unless one is given, and what moves stays
    moving. What an earlier run
    has done, and nobody has changed since, is not done again: a manifest in `out_dir`, in the
    folder that was named or in the one that the files have in common remembers it.

    Parameters
    ----------
    paths : path or iterable of paths
        Files and folders.
    options : CompressOptions, optional
        What to do with each.
    out_dir : path, optional
        Where outputs go, a folder's tree mirrored; beside the originals as ``NAME-small.png``
        otherwise.
    name : str, optional
        A pattern of names, such as ``'{name}-{k}.{ext}'``; its fields are name, ext, k, from (the
        original's suffix), format, width, height, hash (8 digits of the output's SHA-256) and,
        in folders below `out_dir`, dir.
    in_place : bool
        Replace originals, each by its output where that is smaller.
    include, exclude : iterable of str
        Of folders, only pictures that match one of these patterns, and none that match; ``*.png``
        is about names, ``icons/**`` about paths.
    copy_kept : bool, optional
        Whether originals that are not made smaller are copied to `out_dir`; by default those of a
        folder, and files of the output's format. Asked for, it also copies originals whose outputs
        are called otherwise; of a folder without `name` and format, these are copied anyway.
    force : bool
        Replace other files too, and do again what is unchanged.
    preserve : bool
        Give outputs the originals' modification times.
    allow_larger : bool
        Write outputs that are larger than their originals.
    jobs : int
        Processes; 0 is one a core. Changes no byte. With 1 this process does the work.
    manifest : path, optional
        Where to remember what is done.
    on_record : callable, optional
        Called with each record as it is done, in any order.
    **changes
        Single options, as `CompressOptions` names and documents them, put over `options`.

    Returns
    -------
    list of Record
        One a file, in the order in which files were named and found, whatever became of it: a file
        that fails stops no other, and is told by its record alone.

    Raises
    ------
    OptionError
        If an option is out of its range, or two outputs would have one name.
    OutputError
        If `out_dir` cannot hold files, or the manifest cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from PIL import Image
    >>> folder = Path(tempfile.mkdtemp())
    >>> noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    >>> (folder / "art").mkdir()
    >>> Image.fromarray(noise).save(folder / "art" / "noise.png")
    >>> (record,) = compress_files(folder / "art", out_dir=folder / "small", k=16, jobs=1)
    >>> record.status, record.output_bytes < record.input_bytes
    ('written', True)
    >>> [record.status for record in compress_files(folder / "art", out_dir=folder / "small", k=16)]
    ['unchanged']
    """
    changed = replace(instance("options", options or CompressOptions(), CompressOptions), **changes)
    chosen = "format" in changes or changed.format != CompressOptions().format
    job_count(jobs)
    placement = Placement(
        out_dir=None if out_dir is None else os.fspath(out_dir),
        name=name,
        in_place=in_place,
        force=force,
        preserve=preserve,
        allow_larger=allow_larger,
        copy_kept=copy_kept,
    )
    named = [os.fspath(path) for path in _each(paths)]
    walked = walk(named, include=include, exclude=exclude, beside=placement.out_dir)
    plan = planned(walked, placement, changed, chosen=chosen)
    is_named = manifest is not None
    path = os.fspath(manifest) if manifest is not None else str(Path(plan.home, NAME))
    remembered = Manifest(path, is_named=is_named)
    records = []
    with closing(run_sorted(sorted_out(plan, remembered), remembered, jobs=jobs)) as events:
        for event in events:
            if isinstance(event, Record):
                records.append(event)
                if on_record is not None:
                    on_record(event)
    return plan.in_order(records)


def _each(paths: Paths) -> list[str | os.PathLike[str]]:
    if isinstance(paths, (str, os.PathLike)):
        return [paths]
    found = list(paths)
    for path in found:
        if not isinstance(path, (str, os.PathLike)):
            raise OptionError(f"{path!r} is no path; give names of files and folders")
    return found
