"""The commands and their options; what they do lives in the modules that they import when run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.models import CommandInfo

from huepress.cli.codebooks import codebooks
from huepress.cli.exits import USAGE
from huepress.cli.explained import Explained, ExplainedGroup
from huepress.cli.grouped import grouped
from huepress.cli.option_table import (
    Animated,
    CanSave,
    Compression,
    Counting,
    Feedback,
    Finding,
    Force,
    Frame,
    Frames,
    Json,
    Learning,
    Lenient,
    MaxPixels,
    Moving,
    Outputs,
    ReadAtOnce,
    Several,
    Sources,
)
from huepress.cli.plots import figures
from huepress.cli.pngquant.typed import Typed, TypedOfPicture
from huepress.cli.pngquant.words import ReadAsPngquantDoes
from huepress.cli.streams import say
from huepress.common.choices import PaletteFormat
from huepress.option_table import OptionTable

app = typer.Typer(
    name="huepress",
    cls=ExplainedGroup,
    help="Make images smaller by describing them with few colours.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SMALLER, LOOK = "Make pictures smaller, and back", "Look and measure"
COLORS, FIGURES = "Palettes and codebooks", "Figures"
"""Panels of `huepress --help`."""

MAX_PIXELS, LENIENT = OptionTable.max_pixels.default, OptionTable.lenient.default

LONGEST = 4096
"""Characters of an argument: longer names no file system takes, and messages repeat them."""


def _show_version(wanted: bool) -> None:
    if wanted:
        from huepress import __version__

        typer.echo(f"huepress {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command(cls=Explained, rich_help_panel=SMALLER)
@grouped
def compress(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...", help="Pictures, moving ones, videos, folders, or - for standard input."
        ),
    ],
    outputs: Outputs,
    several: Several,
    moving: Moving,
    how: Compression,
    feedback: Feedback,
) -> None:
    """Describe pictures with few colours and write them as small files.

    With nothing else said, huepress looks for the smallest file that a careful eye cannot tell
    from the original (a SSIMULACRA2 score of 80, or of 88 to 91 for icons and art with alpha, where
    256 colours reach it). --quality and --target-size look for another balance, and -k K asks for
    plain k-means with K colours. --format smallest tries lossy WebP and AVIF too.

    The output goes beside the input as NAME-small.png unless told otherwise. No input is ever
    replaced, under any of its names, but by --in-place, and no other file without --force. An
    output that would be larger than its input is not written, unless a palette, a matte or an
    alpha threshold was asked for; with -o or --out-dir an input of the same format is copied
    instead. Of a JPEG a sample may say so, and then nothing is searched: --allow-larger,
    --explain and --plot do.

    A folder stands for the pictures in it and in its folders: hidden ones and links to folders are
    left out, each keeps its format, and --out-dir gets the same tree, with a copy of what is not
    made smaller. A manifest there, or in the folder itself, tells the next run what has not
    changed. Several files are compressed side by side.

    What moves (GIF, APNG, animated WebP) stays moving, in its own format, with its times and loops;
    --frame N takes one picture of it. Videos, which ffmpeg reads where it is installed, and frames
    (--as-frames) become WebP, or what OUT or --format say: gif, png (APNG), webp, or auto, the
    smaller of the last two. Scores are means of all frames.

    Exit status: 0 when all are done (also when an original was kept), 1 when some failed (the
    others are done), 2 for wrong usage, 128 and its number when a signal ended it.
    """
    from huepress.cli import compress as compressing

    raise typer.Exit(compressing.run(inputs, outputs, several, moving, how, feedback))


@app.command(cls=Explained, rich_help_panel=SMALLER)
@grouped
def check(
    inputs: Annotated[list[str], typer.Argument(metavar="PATH...", help="Pictures and folders.")],
    can_save: CanSave = "10%",
    *,
    finding: Finding,
    how: Compression,
    as_json: Json = False,
) -> None:
    """List pictures that `compress` would make smaller; for continuous integration.

    Nothing is written. Each picture is compressed as `compress` would with the same options, in its
    own format where that can be written, and listed if it would take --can-save fewer bytes. What
    the manifest of `compress --in-place` knows to be done is not compressed again; with
    --manifest FILE, what cannot be made smaller is remembered there.

    Exit status: 0 when no file could be made so much smaller, 1 when some could or cannot be read,
    2 for wrong usage.
    """
    from huepress.cli import check as checking

    raise typer.Exit(checking.run(inputs, can_save, finding, how, as_json=as_json))


@app.command(cls=Explained, rich_help_panel=LOOK)
@grouped
def report(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")],
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="Page: .html; - is standard output."),
    ],
    how: Compression,
    force: Force = False,
) -> None:
    """Compress a picture as `compress` does, and write one page about it.

    The page shows the picture before and after, the colours, the curve of bytes against score,
    where the bits go and what moved most, and says how to make the same file again. It is one
    file that loads nothing, and holds the compressed picture.

    Of a moving picture (GIF, APNG, WebP, a folder of frames, a video) the page has a player, bytes
    and score of each frame, and the worst frame pixel for pixel; --frame N takes one picture.
    """
    from huepress.cli import report as reporting

    command = reporting.compress_command(context)
    raise typer.Exit(reporting.run(source, output, how, command, force=force))


@app.command(cls=Explained, rich_help_panel=SMALLER)
def decompress(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Compressed pictures, .npz or codebook .npy files."),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Output picture, or - for PNG on stdout."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="PNG", help="The label picture of a codebook .npy file."),
    ] = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Rebuild pictures, exactly, from a codebook and labels.

    The output goes beside the input as NAME-restored.png unless told otherwise.
    """
    from huepress.cli import decompress as decompressing

    raise typer.Exit(
        decompressing.run(inputs, output, labels, max_pixels, as_json=as_json, force=force)
    )


@app.command(cls=Explained, rich_help_panel=LOOK)
def inspect(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures.")],
    frame: Frame = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    lenient: Lenient = LENIENT,
    as_json: Json = False,
) -> None:
    """Show what pictures cost: colours, bits, entropy, bytes.

    Of a moving picture (GIF, APNG, WebP, a folder of frames, a video) also frames, times, loops and
    how much changes from frame to frame; --frame N looks at one of its pictures.
    """
    from huepress.cli import inspect as inspecting

    raise typer.Exit(inspecting.run(inputs, frame, max_pixels, lenient=lenient, as_json=as_json))


@app.command(cls=Explained, rich_help_panel=LOOK)
def compare(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL")],
    other: Annotated[str, typer.Argument(metavar="OTHER")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="MAP", help="Write a PNG of where they differ."),
    ] = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    lenient: Lenient = LENIENT,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Measure how far a picture is from its original.

    The map is black where nothing differs and gets brighter with the colour difference in Oklab.

    Moving pictures, folders of frames and videos are aligned by time: each frame of ORIGINAL is
    held against what OTHER shows in the middle of its time. Scores are means of all frames, the
    map is that of the worst one, and pixels that stand still in ORIGINAL and not in OTHER are told.
    """
    from huepress.cli import compare as comparing

    raise typer.Exit(
        comparing.run(
            original, other, output, max_pixels, lenient=lenient, as_json=as_json, force=force
        )
    )


@app.command(cls=Explained, rich_help_panel=COLORS)
@grouped
def palette(
    *,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="A picture, - for stdin, or a palette file.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Palette file: .gpl .hex .txt .pal .act .aco .ase .json .png; - is stdout.",
        ),
    ] = None,
    format_name: Annotated[
        PaletteFormat | None,
        typer.Option("--format", help="By the suffix of OUT; hex on standard output."),
    ] = None,
    how: Learning,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Learn a picture's palette, or take a palette file; show it, or write it as a palette file.

    Palette files of GIMP (.gpl), Lospec (.hex), paint.net (.txt), Paint Shop Pro (.pal), Adobe
    (.act, .aco, .ase) and huepress (.json) are written and read; those of Windows (.pal) and
    Aseprite (.ase, .aseprite) are read. Every entry of a palette file keeps its place, and its
    name where the other format has names.

    Clear pixels of a picture are left out of .gpl, .hex, .pal, .aco and .ase, which have no alpha;
    .act keeps one clear colour, and .txt, .json and .png keep every alpha.
    """
    from huepress.cli import palette as palettes

    file = palettes.PaletteFile(output, format_name)
    raise typer.Exit(palettes.run(source, file, how, as_json=as_json, force=force))


app.add_typer(codebooks, rich_help_panel=COLORS)


@app.command(cls=Explained, rich_help_panel=COLORS)
@grouped
def histogram(
    *,
    sources: Sources,
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="OUT", help="Histogram: .npz; - is stdout."),
    ],
    how: Counting,
    jobs: ReadAtOnce = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Count the colours of pictures into a file; such files add up exactly.

    Parts of many pictures may be counted on many machines. `huepress codebook build` makes of all
    parts the codebook that it makes of all pictures. A histogram among the sources is added.
    """
    from huepress.cli import histogram as counting

    raise typer.Exit(counting.run(sources, output, how, jobs, as_json=as_json, force=force))


app.add_typer(figures, rich_help_panel=FIGURES)


@app.command(cls=Explained, rich_help_panel=FIGURES)
@grouped
def animate(
    *,
    source: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Film: .gif, .webp, .apng or .mp4; - is stdout."
        ),
    ],
    frames: Frames,
    how: Animated,
    force: Force = False,
) -> None:
    """Show k-means at work: the centroids move, and the picture is painted with them.

    They start at random pixels unless --seeding says otherwise: principal-axis begins so near to
    the end that hardly anything moves.

    Needs the extra huepress[viz], and for .mp4 the program ffmpeg.
    """
    from huepress.cli import animate as animating

    raise typer.Exit(animating.run(source, output, how, frames, force=force))


@app.command(cls=ReadAsPngquantDoes, rich_help_panel=SMALLER)
@grouped
def pngquant(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NCOLORS] FILE...", help="2 to 256 colours; PNGs, or - for stdin."),
    ],
    typed: Typed,
    picture: TypedOfPicture,
) -> None:
    """Quantize PNGs by the command line of pngquant 3, so that a build tool can swap the program.

    Flags, names of outputs and exit codes are pngquant's; colours, labels and files are those of
    `compress`. Of --quality, MAX is the score that pngquant's files of such a quality have (80 is
    82 of `compress`), and MIN fails the pictures that it fails.

    Exit status: 0 when all are done, else that of the last file that failed: 1 without files, 2
    cannot be read, 4 wrong value, 15 exists, 16 cannot be written, 25 no PNG, 98 would be larger
    (--skip-if-larger), 99 below the least quality.
    """
    from huepress.cli.pngquant import running

    raise typer.Exit(running.run(words or [], typed, picture))


def main() -> int:
    """Run the command that the process was started with.

    Returns
    -------
    int
        The exit code.
    """
    longest = max(map(len, sys.argv))
    if longest > LONGEST:
        say(f"an argument of {longest:,} characters; names and options have up to {LONGEST:,}")
        return USAGE
    # Typer makes every command that it knows before it runs one; the one that is named will do.
    named = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    commands = [command for command in app.registered_commands if _name(command) == named]
    if commands:
        app.registered_commands, app.registered_groups = commands, []
    try:
        app()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _name(command: CommandInfo) -> str | None:
    return command.name or (command.callback and command.callback.__name__)
