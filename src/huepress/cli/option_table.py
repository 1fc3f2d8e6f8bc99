"""Which rows of the option table each command takes, and the options that commands have besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from huepress.cli.grouped import flags
from huepress.cli.written import Written
from huepress.common.choices import Dither
from huepress.option_table import OPTIONS, Option, OptionTable

if TYPE_CHECKING:
    from huepress.motion.asked import MovingOptions


def _few(*rows: Option[Any]) -> tuple[Option[Any], ...]:
    """Take the rows of a command with few options, whose help needs no panels."""
    return tuple(row.but(panel=None) for row in rows)


_T = OptionTable
_K = _T.k.but(default=16, typed=int, help="Most colours to use.")
_FROM_RANDOM = _T.seeding.but(default="random")
_DITHER = _T.dither.but(default="none", typed=Dither, help="How labels are chosen.", metavar=None)
_READ = _T.frame, _T.max_pixels

Compression = Annotated[Written, tuple(row for row in OPTIONS if row.flags)]
"""Of `compress` and `report`."""

LEARNING = (
    *(_K, _T.space, _T.effort, _T.seeding, _T.seed, _T.sample, _T.batch_size, _T.pinned),
    *(_T.matte, _T.alpha_threshold, *_READ, _T.lenient, _T.threads),
)

Learning = Annotated[Written, LEARNING]
"""Of `palette`."""

_ROOM = _T.k.but(default=256, typed=int, help="Most codes; 256 is what PNG and GIF hold.")
_COUNTED = _T.matte, _T.alpha_threshold, *_READ, _T.lenient, _T.threads

Counting = Annotated[Written, _few(*_COUNTED)]
"""Of `histogram`."""

Building = Annotated[
    Written, (_ROOM, _T.pinned, _T.space, _T.effort, _T.seeding, _T.seed, *_COUNTED)
]
"""Of `codebook build`."""

Updating = Annotated[
    Written,
    (
        _T.k.but(help="The new room for codes; as it was unless given."),
        *(_T.pinned, _T.effort, _T.seed, *_COUNTED),
    ),
]
"""Of `codebook update`."""

Fitted = Annotated[Written, _few(_T.space, _T.effort, _T.seed, *_READ)]
"""Of figures of colours."""

Mapped = Annotated[Written, _few(_T.space, _DITHER, _T.effort, _T.seed, *_READ)]
"""Of figures of pictures."""

Moved = Annotated[Written, _few(_T.space, _T.effort, _FROM_RANDOM, _T.max_iter, _T.seed, *_READ)]
"""Of figures of k-means at work."""

Animated = Annotated[
    Written,
    (_K, _T.space, _T.effort, _FROM_RANDOM, _T.max_iter, _T.seed, *_READ, _T.threads),
]
"""Of `animate`."""

Frame = Annotated[int | None, flags(_T.frame.but(panel=None))]
MaxPixels = Annotated[int, flags(_T.max_pixels.but(panel=None))]
Lenient = Annotated[bool, flags(_T.lenient.but(panel=None))]

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object a line on stdout; on stderr with a file on stdout."
    ),
]
Force = Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")]


Sources = Annotated[
    list[str],
    typer.Argument(metavar="SRC...", help="Pictures, folders, histograms (.npz), or -."),
]
ReadAtOnce = Annotated[
    int, typer.Option("-j", "--jobs", metavar="N", help="Files to read at once; 0 is one a core.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the outputs of `compress` go, and what may happen there."""

    PANEL: ClassVar = "Output"

    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Output file, or - for standard output."
        ),
    ] = None
    out_dir: Annotated[
        Path | None, typer.Option("--out-dir", metavar="DIR", help="Write the outputs here.")
    ] = None
    ext: Annotated[
        str | None,
        typer.Option(
            "--ext", metavar="SUFFIX", help="What to put after the name: -small.png by default."
        ),
    ] = None
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="PATTERN",
            help="Name outputs so: {name}-{k}.{ext}; also {dir} {from} {format} {width} {height} "
            "{hash}.",
        ),
    ] = None
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Replace the inputs, each by its output where smaller."),
    ] = False
    force: Annotated[
        bool,
        typer.Option("-f", "--force", help="Overwrite existing files; do unchanged ones again."),
    ] = False
    preserve: Annotated[
        bool, typer.Option("--preserve", help="Give outputs their input's modification time.")
    ] = False
    allow_larger: Annotated[
        bool, typer.Option("--allow-larger", help="Write outputs that are larger than their input.")
    ] = False
    can_save: Annotated[
        str | None,
        typer.Option(
            "--can-save",
            metavar="SHARE%",
            help="Keep originals that would not get so much smaller.",
        ),
    ] = None

    @property
    def may_replace(self) -> bool:
        """Whether an output may take the place of a file."""
        return self.force or self.in_place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Which files of folders are meant, and by how many processes they are done."""

    PANEL: ClassVar = "Folders and many files"

    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include", metavar="GLOB", help="Of folders, only pictures that match; repeatable."
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="GLOB", help="Of folders, nothing that matches; repeatable."
        ),
    ] = None
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", metavar="N", help="Processes; 0 is one a core.")
    ] = 0
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="What is done already; .huepress-manifest in the folder by default.",
        ),
    ] = None


CanSave = Annotated[
    str,
    typer.Option(
        "--can-save", metavar="SHARE%", help="How much smaller a file must get to be listed."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Finding):
    """What `compress` does with folders and many files."""

    copy_kept: Annotated[
        bool | None,
        typer.Option(
            "--copy-kept/--no-copy-kept",
            help="Copy to --out-dir what is not made smaller (of folders by default), or renamed.",
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and write nothing.")
    ] = False
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Write which name became which: .json, or .html with <picture> elements.",
        ),
    ] = None

    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write anew what became of each file: .csv, .json, .parquet, or .html to look at.",
        ),
    ] = None

    @property
    def asked(self) -> bool:
        """Whether something is asked that is about many files, even where there is one."""
        given = self.manifest, self.map_file, self.report, self.copy_kept, self.dry_run or None
        return any(value is not None for value in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What `compress` does with moving pictures besides."""

    PANEL: ClassVar = "Moving pictures"

    as_frames: Annotated[
        bool,
        typer.Option(
            "--as-frames",
            help="Take a folder, a 'pattern*.png' or all files as frames of one moving picture.",
        ),
    ] = False
    fps: Annotated[
        float | None,
        typer.Option("--fps", metavar="N", help="Frames a second; 20 for --as-frames."),
    ] = None
    start: Annotated[
        float, typer.Option("--start", metavar="S", help="Leave out the first S seconds.")
    ] = 0.0
    duration: Annotated[
        float | None, typer.Option("--duration", metavar="S", help="Take only S seconds.")
    ] = None
    width: Annotated[
        int | None, typer.Option("--width", metavar="N", help="Scale frames to N columns.")
    ] = None
    drop_duplicates: Annotated[
        bool,
        typer.Option("--drop-duplicates", help="Make one frame of equal ones in a row."),
    ] = False
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Keep every pixel of every frame.")
    ] = False

    def options(self) -> MovingOptions:
        """Return what is asked of each moving picture."""
        from huepress.motion.asked import MovingOptions

        return MovingOptions(
            fps=self.fps,
            start=self.start,
            duration=self.duration,
            width=self.width,
            drop_duplicates=self.drop_duplicates,
            lossless=self.lossless,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What `compress` tells besides writing its outputs."""

    PANEL: ClassVar = "Feedback"

    as_json: Json = False
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the size-quality curve and what moved most.")
    ] = False
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the size-quality curve: .png .svg .pdf"),
    ] = None
    pngquant_exit_codes: Annotated[
        bool,
        typer.Option(
            "--pngquant-exit-codes", help="Exit 99 when MIN cannot be met, 98 when a result grew."
        ),
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The frames of `animate`."""

    PANEL: ClassVar = "Frames"

    width: Annotated[
        int, typer.Option("--width", help="Of the frames, 320 to 1280 pixels.", metavar="N")
    ] = 640
    interval: Annotated[float, typer.Option("--interval", help="Seconds a frame.", metavar="S")] = (
        0.4
    )
    hold: Annotated[
        float, typer.Option("--hold", help="Seconds to show the last frame.", metavar="S")
    ] = 2.5
