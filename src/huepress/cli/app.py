"""The commands and their options; what they do lives in the modules that they import when run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.models import CommandInfo

from huepress.cli.exits import USAGE
from huepress.cli.grouped import grouped
from huepress.cli.option_table import (
    Animated,
    Compression,
    Feedback,
    Fitted,
    Force,
    Frame,
    Frames,
    Json,
    Learning,
    Lenient,
    Mapped,
    MaxPixels,
    Moved,
    Outputs,
)
from huepress.cli.streams import say
from huepress.common.choices import PaletteFormat, Space
from huepress.option_table import OptionTable

app = typer.Typer(
    name="huepress",
    help="Make images smaller by describing them with few colours.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


@app.command()
@grouped
def compress(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Pictures, or - for standard input.")
    ],
    outputs: Outputs,
    how: Compression,
    feedback: Feedback,
) -> None:
    """Describe pictures with few colours and write them as small files.

    With nothing else said, huepress looks for the smallest file that a careful eye cannot tell
    from the original (a SSIMULACRA2 score of 80, or of 88 to 91 for icons and art with alpha, where
    256 colours reach it). --quality and --target-size look for another balance, and -k K asks for
    plain k-means with K colours.

    The output goes beside the input as NAME-small.png unless told otherwise. No input is ever
    replaced, under any of its names, but by --in-place, and no other file without --force. An
    output that would be larger than its input is not written, unless a palette, a matte or an
    alpha threshold was asked for; with -o or --out-dir an input of the same format is copied
    instead.

    Exit status: 0 when all are done (also when an original was kept), 1 when some failed (the
    others are done), 2 for wrong usage, 128 and its number when a signal ended it.
    """
    from huepress.cli import compress as compressing

    raise typer.Exit(compressing.run(inputs, outputs, how, feedback))


@app.command()
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
    """
    from huepress.cli import report as reporting

    command = reporting.compress_command(context)
    raise typer.Exit(reporting.run(source, output, how, command, force=force))


@app.command()
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


@app.command()
def inspect(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures.")],
    frame: Frame = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    lenient: Lenient = LENIENT,
    as_json: Json = False,
) -> None:
    """Show what pictures cost: colours, bits, entropy, bytes."""
    from huepress.cli import inspect as inspecting

    raise typer.Exit(inspecting.run(inputs, frame, max_pixels, lenient=lenient, as_json=as_json))


@app.command()
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
    """
    from huepress.cli import compare as comparing

    raise typer.Exit(
        comparing.run(
            original, other, output, max_pixels, lenient=lenient, as_json=as_json, force=force
        )
    )


@app.command()
@grouped
def palette(
    *,
    source: Annotated[str, typer.Argument(metavar="FILE", help="A picture, or - for stdin.")],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Palette file: .gpl, .hex, .act, .json or .png; - is standard output.",
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
    """Learn a picture's palette; show it, or write it as a palette file.

    Clear pixels are left out of .gpl and .hex, which have no alpha; .act keeps one clear colour,
    and .json and .png keep every alpha.
    """
    from huepress.cli import palette as palettes

    file = palettes.PaletteFile(output, format_name)
    raise typer.Exit(palettes.run(source, file, how, as_json=as_json, force=force))


plots = typer.Typer(
    name="plot",
    help="Draw figures of pictures and what compression does to them (extra: huepress[viz]).",
    no_args_is_help=True,
)
app.add_typer(plots)

Figure = Annotated[
    str,
    typer.Option("-o", "--output", metavar="FILE", help="Figure: .png, .svg or .pdf; - is stdout."),
]
Pictures = Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Pictures, as one.")]
Picture = Annotated[list[str], typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")]
Ks = Annotated[
    str, typer.Option("-k", "--colors", metavar="K,K...", help="Numbers of colours to show.")
]
OneK = Annotated[str, typer.Option("-k", "--colors", metavar="K", help="Most colours to use.")]
LADDER = "2,4,8,16,32,64,128,256"


@plots.command("compare")
@grouped
def _plot_compare(
    *,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE [OTHER]", help="A picture to compress, or two to compare."),
    ],
    output: Figure,
    k: Ks = "16",
    how: Mapped,
    force: Force = False,
) -> None:
    """Show the original, the compressed picture and the difference, or a grid of several K."""
    from huepress.cli import plot

    raise typer.Exit(plot.compare(plot.Figure(inputs, output, k, how, force)))


@plots.command("palette")
@grouped
def _plot_palette(
    *,
    inputs: Pictures,
    output: Figure,
    k: OneK = "16",
    layout: Annotated[
        Literal["blocks", "bars"],
        typer.Option("--layout", help="Equal blocks, or bars as long as each colour's share."),
    ] = "blocks",
    order: Annotated[
        Literal["hue", "lightness", "share", "codebook"] | None,
        typer.Option("--order", help="Of the colours."),
    ] = None,
    how: Fitted,
    force: Force = False,
) -> None:
    """Show the learned colours as swatches."""
    from huepress.cli import plot

    figure = plot.Figure(inputs, output, k, how, force)
    raise typer.Exit(plot.palette(figure, layout, order))


@plots.command("colors3d")
@grouped
def _plot_colors3d(
    *,
    inputs: Pictures,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Figure: .png, .svg, .pdf, or .html to turn it with the mouse; - is stdout.",
        ),
    ],
    k: OneK = "16",
    axes: Annotated[
        Space,
        typer.Option("--axes", help="The space to draw; an .html file has sRGB and Oklab."),
    ] = "srgb",
    how: Fitted,
    force: Force = False,
) -> None:
    """Show the colours as points in space, before and after, with the learned ones as stars."""
    from huepress.cli import plot

    raise typer.Exit(plot.colors3d(plot.Figure(inputs, output, k, how, force), axes))


@plots.command("trajectories")
@grouped
def _plot_trajectories(
    *, inputs: Pictures, output: Figure, k: OneK = "16", how: Moved, force: Force = False
) -> None:
    """Show how k-means moved its centroids.

    They start at random pixels unless --seeding says otherwise: principal-axis begins so near to
    the end that hardly anything moves.
    """
    from huepress.cli import plot

    raise typer.Exit(plot.trajectories(plot.Figure(inputs, output, k, how, force)))


@plots.command("elbow")
@grouped
def _plot_elbow(
    *,
    inputs: Picture,
    output: Figure,
    k: Ks = LADDER,
    chosen: Annotated[
        int | None, typer.Option("--chosen", metavar="K", help="Mark this one.")
    ] = None,
    how: Mapped,
    force: Force = False,
) -> None:
    """Show inertia, MSE, bytes and score against K."""
    from huepress.cli import plot

    raise typer.Exit(plot.elbow(plot.Figure(inputs, output, k, how, force), chosen))


@plots.command("frontier")
@grouped
def _plot_frontier(
    *,
    inputs: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Pictures, a curve for each.")
    ],
    output: Figure,
    k: Ks = LADDER,
    how: Mapped,
    force: Force = False,
) -> None:
    """Show quality against size: SSIMULACRA2 and bytes of every K."""
    from huepress.cli import plot

    raise typer.Exit(plot.frontier(plot.Figure(inputs, output, k, how, force)))


@plots.command("labels")
@grouped
def _plot_labels(
    *,
    inputs: Picture,
    output: Figure,
    k: OneK = "16",
    error: Annotated[
        bool, typer.Option("--error", help="Show where the error is, instead.")
    ] = False,
    how: Mapped,
    force: Force = False,
) -> None:
    """Show the plane of labels in false colours."""
    from huepress.cli import plot

    raise typer.Exit(plot.labels(plot.Figure(inputs, output, k, how, force), error=error))


@app.command()
@grouped
def animate(
    *,
    source: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Animation: .gif, .webp or .mp4; - is stdout."
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
