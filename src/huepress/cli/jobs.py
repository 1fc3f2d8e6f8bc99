"""What `compress` is asked for, as `huepress.many` plans it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from huepress.cli.option_table import Outputs, Several
from huepress.cli.paths import is_folder, output_path
from huepress.cli.pipes import check_stdout
from huepress.cli.written import share
from huepress.common.choices import FormatName
from huepress.errors import OptionError
from huepress.formats import FORMATS
from huepress.many.names import Name
from huepress.many.plan import Job, Placement, planned
from huepress.many.walk import File, Walked, walk
from huepress.motion.asked import MovingOptions
from huepress.options import CompressOptions
from huepress.read.moving.sequences import frames_in
from huepress.read.moving.telling import DEFAULT_FORMAT


def format_of(name: FormatName | None, outputs: Outputs) -> tuple[str, bool]:
    """Settle the format, and whether it was asked for, by its name or by a suffix."""
    named = outputs.output or outputs.ext or outputs.name or ""
    suffix = Path("x" + named).suffix.lower()
    if suffix == "" or named == "-" or "{" in suffix:
        return name or "png", name is not None
    if name is not None and FORMATS[name].chosen_from:
        raise OptionError(f"--format {name} chooses the suffix itself; leave it out of {named!r}")
    written = ".png" if suffix == ".apng" else suffix
    fitting = [kind.name for kind in FORMATS.values() if kind.suffix == written]
    if name is None and fitting:
        return fitting[0], True
    if name is not None and name in fitting:
        return name, True
    wanted = (
        f"--format {name} ends in {FORMATS[name].suffix}"
        if name
        else f"end it in one of {', '.join(sorted({kind.suffix for kind in FORMATS.values()}))}"
    )
    raise OptionError(f"{named!r} does not name a format that can be written; {wanted}")


def placement_of(outputs: Outputs, several: Several) -> Placement:
    """Say where outputs go; an output that is named itself is no matter of it."""
    if outputs.in_place and outputs.output is not None:
        raise OptionError(
            "--in-place puts outputs in the place of their inputs; give it without -o"
        )
    if outputs.output is not None and any((outputs.out_dir, outputs.ext, outputs.name)):
        raise OptionError("-o names the whole output; give it without --out-dir, --ext and --name")
    if outputs.allow_larger and outputs.can_save is not None:
        raise OptionError(
            "--allow-larger writes all, --can-save what gets smaller; give one of them"
        )
    if outputs.ext is not None and outputs.name is not None:
        raise OptionError("--ext and --name both say how outputs are called; give one of them")
    ext, name = outputs.ext, outputs.name
    if ext is not None:
        if "/" in ext or "\\" in ext:
            raise OptionError(
                f"--ext {ext} names a folder, and it is the end of a file's name; use --out-dir DIR"
            )
        name = "{name}" + ext.replace("{", "{{").replace("}", "}}")
    return Placement(
        out_dir=None if outputs.out_dir is None else str(outputs.out_dir),
        name=name,
        in_place=outputs.in_place,
        force=outputs.force,
        preserve=outputs.preserve,
        allow_larger=outputs.allow_larger,
        can_save=0.0 if outputs.can_save is None else share(outputs.can_save),
        copy_kept=several.copy_kept,
    )


def only_job(
    source: str,
    outputs: Outputs,
    placement: Placement,
    options: CompressOptions,
    *,
    chosen: bool,
    moving: MovingOptions,
) -> Job:
    """Plan the output of the only input, which is no folder."""
    target = outputs.output
    if source == "-" and outputs.in_place:
        raise OptionError("- cannot be compressed in place, which files can; leave out --in-place")
    if target is None and source == "-":
        target = "-"
    if target is None:
        return planned(walk([source]), placement, options, chosen=chosen, moving=moving).jobs[0]
    folder, name = os.path.split(output_path(target))
    job = Job(source=source, folder=folder, name=Name((name,)), options=options, copies="same")
    if target == "-":
        n_files = len(FORMATS[options.format].suffixes)
        if n_files > 1:
            raise OptionError(f"--format {options.format} makes {n_files} files; give -o OUT")
        check_stdout()
        job = Job(source=source, folder="", name=Name(()), options=options)
    return replace(job, placement=placement, moving=moving, own_format=not chosen)


def frames_job(
    inputs: list[str],
    outputs: Outputs,
    placement: Placement,
    options: CompressOptions,
    *,
    chosen: bool,
    moving: MovingOptions,
) -> Job:
    """Plan the output of frames that are files of their own."""
    if outputs.in_place:
        raise OptionError("--as-frames makes one file of many; leave --in-place out")
    if "-" in inputs:
        raise OptionError("- is one file, and --as-frames takes many; name a folder of frames")
    if options.frame is not None:
        raise OptionError("--frame takes one picture, and --as-frames takes all; give one of them")
    if not chosen:
        options = replace(options, format=DEFAULT_FORMAT)
    frames = frames_in(inputs)
    if outputs.output is not None:
        job = only_job(inputs[0], outputs, placement, options, chosen=True, moving=moving)
    elif len(inputs) == 1 and is_folder(inputs[0]):
        folder = Path(inputs[0])
        if folder.name in ("", ".."):  # '.' and what ends in '..' have a name elsewhere
            folder = folder.resolve()
        file = File(str(folder), str(folder.parent), folder.name, 0, is_named=True)
        job = planned(Walked((file,)), placement, options, chosen=True, moving=moving).jobs[0]
    else:
        raise OptionError("--as-frames makes one file of these; name it: -o OUT.webp")
    return replace(job, source=_shown(inputs), frames=tuple(frames), copies="never", copy_to="")


def _shown(inputs: list[str]) -> str:
    return inputs[0] if len(inputs) == 1 else f"{inputs[0]} … {inputs[-1]}"
