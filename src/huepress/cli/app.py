"""The commands and their options; what they do lives in the modules that they import when run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.models import CommandInfo

from huepress.cli.start import USAGE, say
from huepress.read.opening import DEFAULT_MAX_PIXELS

app = typer.Typer(
    name="huepress",
    help="Make images smaller by describing them with few colours.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

K = Annotated[int, typer.Option("-k", "--colors", help="Most colours to use.", metavar="K")]
SpaceName = Annotated[
    Literal["oklab", "srgb", "linear"],
    typer.Option(
        "--space",
        help="Where colours are compared: oklab looks best, srgb has the least plain error."
        " Dithering mixes levels in srgb, light in the others.",
    ),
]
EffortName = Annotated[
    Literal["fast", "default", "best"],
    typer.Option("--effort", help="Time to spend on codebook and file."),
]
SeedingName = Annotated[
    Literal["principal-axis", "k-means++", "random"],
    typer.Option(
        "--seeding",
        help="Where k-means starts; k-means++ and random are followed by plain Lloyd iterations.",
    ),
]
Sample = Annotated[
    int | None, typer.Option("--sample", help="Fit on N random pixels instead of all.", metavar="N")
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", help="Mini-batch k-means, N pixels a batch.", metavar="N"),
]
NInit = Annotated[int, typer.Option("--n-init", help="Starts of a random seeding; the best wins.")]
MaxIter = Annotated[
    int | None, typer.Option("--max-iter", help="Most k-means iterations.", metavar="N")
]
Tol = Annotated[
    float | None,
    typer.Option("--tol", help="Stop when an iteration gains no more than this fraction."),
]
Seed = Annotated[int, typer.Option("--seed", help="Of the random generator.")]
Pins = Annotated[
    list[str] | None,
    typer.Option("--pin", help="Keep this colour exactly; repeatable.", metavar="#RRGGBB"),
]
KOrSearch = Annotated[
    int | None,
    typer.Option(
        "-k",
        "--colors",
        metavar="K",
        help="Most colours to use; alone it asks for k-means with K colours, no search.",
    ),
]
Quality = Annotated[
    str | None,
    typer.Option(
        "--quality",
        metavar="Q|MIN-MAX",
        help="Least bytes with this SSIMULACRA2 score, 0 to 100; fail below MIN.",
    ),
]
TargetSize = Annotated[
    str | None,
    typer.Option("--target-size", metavar="BYTES|40k", help="Best score in at most so many bytes."),
]
DitherMode = Annotated[
    str | None,
    typer.Option(
        "--dither",
        metavar="none|diffusion[:STRENGTH]|ordered",
        help="How labels are chosen; the strength is 0 to 1. A search then looks for K only.",
    ),
]
PaletteFile = Annotated[
    Path | None,
    typer.Option(
        "--palette",
        metavar="FILE",
        help="Use the colours of this palette file, every entry at its place.",
    ),
]
KeepPalette = Annotated[
    bool,
    typer.Option("--keep-palette", help="Use the input's own palette, every entry at its place."),
]
Matte = Annotated[
    str | None,
    typer.Option(
        "--matte",
        metavar="#RRGGBB",
        help="Lay what is half transparent on this colour; clear stays clear.",
    ),
]
AlphaThreshold = Annotated[
    int | None,
    typer.Option(
        "--alpha-threshold",
        metavar="N",
        help="Alpha below N becomes clear, the rest opaque; 0 with --matte leaves nothing clear.",
    ),
]
FormatName = Annotated[
    Literal["png", "webp", "gif", "auto", "png24", "npz", "npy"] | None,
    typer.Option(
        "--format",
        help="By the suffix of OUT, or png; auto is the smaller of png and webp, "
        "png24 is truecolour, npz and npy hold codebook and labels as arrays.",
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        "--keep",
        metavar="exif,icc,dpi,hidden-rgb",
        help="What to keep besides the picture; all is stripped.",
    ),
]
Frame = Annotated[
    int | None, typer.Option("--frame", help="Take frame N of an animation, from 0.", metavar="N")
]
MaxPixels = Annotated[
    int, typer.Option("--max-pixels", help="Refuse larger pictures before decoding.", metavar="N")
]
Lenient = Annotated[
    bool,
    typer.Option(
        "--lenient",
        help="Take a damaged PNG, JPEG or fax TIFF for what can be made of it, with a warning.",
    ),
]
Threads = Annotated[
    int, typer.Option("--threads", help="0 is one a core; the bytes are the same for any number.")
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object a line on stdout; on stderr with a file on stdout."
    ),
]
Force = Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")]

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
def compress(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Pictures, or - for standard input.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Output file, or - for standard output."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out-dir", metavar="DIR", help="Write the outputs here.")
    ] = None,
    ext: Annotated[
        str | None,
        typer.Option(
            "--ext", metavar="SUFFIX", help="What to put after the name: -small.png by default."
        ),
    ] = None,
    k: KOrSearch = None,
    quality: Quality = None,
    target_size: TargetSize = None,
    space: SpaceName = "oklab",
    dither: DitherMode = None,
    effort: EffortName = "default",
    seeding: SeedingName = "principal-axis",
    n_init: NInit = 1,
    max_iter: MaxIter = None,
    tol: Tol = None,
    sample: Sample = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    pin: Pins = None,
    palette: PaletteFile = None,
    keep_palette: KeepPalette = False,
    matte: Matte = None,
    alpha_threshold: AlphaThreshold = None,
    format_name: FormatName = None,
    keep: Keep = None,
    preserve: Annotated[
        bool, typer.Option("--preserve", help="Give outputs their input's modification time.")
    ] = False,
    allow_larger: Annotated[
        bool, typer.Option("--allow-larger", help="Write outputs that are larger than their input.")
    ] = False,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Replace the inputs, each by its output where smaller."),
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the size-quality curve and what moved most.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the size-quality curve: .png .svg .pdf"),
    ] = None,
    pngquant_exit_codes: Annotated[
        bool,
        typer.Option(
            "--pngquant-exit-codes", help="Exit 99 when MIN cannot be met, 98 when a result grew."
        ),
    ] = False,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    lenient: Lenient = False,
    threads: Threads = 0,
    as_json: Json = False,
    force: Force = False,
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

    raise typer.Exit(
        compressing.run(
            inputs,
            compressing.Destination(
                output=output,
                out_dir=out_dir,
                ext=ext,
                force=force,
                preserve=preserve,
                allow_larger=allow_larger,
                in_place=in_place,
            ),
            {
                "k": k,
                "quality": quality,
                "target_size": target_size,
                "space": space,
                "dither": dither,
                "effort": effort,
                "seeding": seeding,
                "n_init": n_init,
                "max_iter": max_iter,
                "tol": tol,
                "sample": sample,
                "batch_size": batch_size,
                "seed": seed,
                "pinned": pin,
                "palette": palette,
                "keep_palette": keep_palette,
                "matte": matte,
                "alpha_threshold": alpha_threshold,
                "format": format_name,
                "keep": keep,
                "frame": frame,
                "max_pixels": max_pixels,
                "lenient": lenient,
                "threads": threads,
            },
            compressing.Telling(
                as_json=as_json,
                explain=explain,
                plot=plot,
                pngquant_exit_codes=pngquant_exit_codes,
            ),
        )
    )


@app.command()
def report(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")],
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="Page: .html; - is standard output."),
    ],
    k: KOrSearch = None,
    quality: Quality = None,
    target_size: TargetSize = None,
    space: SpaceName = "oklab",
    dither: DitherMode = None,
    effort: EffortName = "default",
    seeding: SeedingName = "principal-axis",
    n_init: NInit = 1,
    max_iter: MaxIter = None,
    tol: Tol = None,
    sample: Sample = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    pin: Pins = None,
    palette: PaletteFile = None,
    keep_palette: KeepPalette = False,
    matte: Matte = None,
    alpha_threshold: AlphaThreshold = None,
    format_name: FormatName = None,
    keep: Keep = None,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    lenient: Lenient = False,
    threads: Threads = 0,
    force: Force = False,
) -> None:
    """Compress a picture as `compress` does, and write one page about it.

    The page shows the picture before and after, the colours, the curve of bytes against score,
    where the bits go and what moved most, and says how to make the same file again. It is one
    file that loads nothing, and holds the compressed picture.
    """
    from huepress.cli import report as reporting

    raise typer.Exit(
        reporting.run(
            source,
            output,
            {
                "k": k,
                "quality": quality,
                "target_size": target_size,
                "space": space,
                "dither": dither,
                "effort": effort,
                "seeding": seeding,
                "n_init": n_init,
                "max_iter": max_iter,
                "tol": tol,
                "sample": sample,
                "batch_size": batch_size,
                "seed": seed,
                "pinned": pin,
                "palette": palette,
                "keep_palette": keep_palette,
                "matte": matte,
                "alpha_threshold": alpha_threshold,
                "format": format_name,
                "keep": keep,
                "frame": frame,
                "max_pixels": max_pixels,
                "lenient": lenient,
                "threads": threads,
            },
            reporting.compress_command(context),
            force=force,
        )
    )


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
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
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
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Show what pictures cost: colours, bits, entropy, bytes."""
    from huepress.cli import inspect as inspecting

    raise typer.Exit(
        inspecting.inspect(inputs, frame, max_pixels, lenient=lenient, as_json=as_json)
    )


@app.command()
def compare(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL")],
    other: Annotated[str, typer.Argument(metavar="OTHER")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="MAP", help="Write a PNG of where they differ."),
    ] = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    lenient: Lenient = False,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Measure how far a picture is from its original.

    The map is black where nothing differs and gets brighter with the colour difference in Oklab.
    """
    from huepress.cli import inspect as inspecting

    raise typer.Exit(
        inspecting.compare(
            original, other, output, max_pixels, lenient=lenient, as_json=as_json, force=force
        )
    )


@app.command()
def palette(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A picture, or - for stdin.")],
    k: K = 16,
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
        Literal["gpl", "hex", "act", "json", "png"] | None,
        typer.Option("--format", help="By the suffix of OUT; hex on standard output."),
    ] = None,
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seeding: SeedingName = "principal-axis",
    sample: Sample = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    pin: Pins = None,
    matte: Matte = None,
    alpha_threshold: AlphaThreshold = None,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    lenient: Lenient = False,
    threads: Threads = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Learn a picture's palette; show it, or write it as a palette file.

    Clear pixels are left out of .gpl and .hex, which have no alpha; .act keeps one clear colour,
    and .json and .png keep every alpha.
    """
    from huepress.cli import palette as palettes

    raise typer.Exit(
        palettes.run(
            source,
            palettes.Destination(output, format_name),
            {
                "k": k,
                "space": space,
                "effort": effort,
                "seeding": seeding,
                "sample": sample,
                "batch_size": batch_size,
                "seed": seed,
                "pinned": pin,
                "matte": matte,
                "alpha_threshold": alpha_threshold,
                "frame": frame,
                "max_pixels": max_pixels,
                "lenient": lenient,
                "threads": threads,
            },
            as_json=as_json,
            force=force,
        )
    )


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
DitherName = Annotated[
    Literal["none", "diffusion", "ordered"], typer.Option("--dither", help="How labels are chosen.")
]
LADDER = "2,4,8,16,32,64,128,256"


@plots.command("compare")
def _plot_compare(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE [OTHER]", help="A picture to compress, or two to compare."),
    ],
    output: Figure,
    k: Ks = "16",
    space: SpaceName = "oklab",
    dither: DitherName = "none",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show the original, the compressed picture and the difference, or a grid of several K."""
    _plot("compare", inputs, output, k, space, effort, seed, frame, max_pixels, force, dither)


@plots.command("palette")
def _plot_palette(
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
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show the learned colours as swatches."""
    view = {"layout": layout, "order": order}
    _plot("palette", inputs, output, k, space, effort, seed, frame, max_pixels, force, view=view)


@plots.command("colors3d")
def _plot_colors3d(
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
        Literal["srgb", "oklab", "linear"],
        typer.Option("--axes", help="The space to draw; an .html file has sRGB and Oklab."),
    ] = "srgb",
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show the colours as points in space, before and after, with the learned ones as stars."""
    view = {"axes": axes}
    _plot("colors3d", inputs, output, k, space, effort, seed, frame, max_pixels, force, view=view)


@plots.command("trajectories")
def _plot_trajectories(
    inputs: Pictures,
    output: Figure,
    k: OneK = "16",
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seeding: SeedingName = "random",
    max_iter: MaxIter = None,
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show how k-means moved its centroids.

    They start at random pixels unless --seeding says otherwise: principal-axis begins so near to
    the end that hardly anything moves.
    """
    fit = {"seeding": seeding, "max_iter": max_iter}
    _plot("trajectories", inputs, output, k, space, effort, seed, frame, max_pixels, force, fit=fit)


@plots.command("elbow")
def _plot_elbow(
    inputs: Picture,
    output: Figure,
    k: Ks = LADDER,
    chosen: Annotated[
        int | None, typer.Option("--chosen", metavar="K", help="Mark this one.")
    ] = None,
    space: SpaceName = "oklab",
    dither: DitherName = "none",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show inertia, MSE, bytes and score against K."""
    view = {"chosen": chosen}
    _plot("elbow", inputs, output, k, space, effort, seed, frame, max_pixels, force, dither, view)


@plots.command("frontier")
def _plot_frontier(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Pictures, a curve for each.")
    ],
    output: Figure,
    k: Ks = LADDER,
    space: SpaceName = "oklab",
    dither: DitherName = "none",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show quality against size: SSIMULACRA2 and bytes of every K."""
    _plot("frontier", inputs, output, k, space, effort, seed, frame, max_pixels, force, dither)


@plots.command("labels")
def _plot_labels(
    inputs: Picture,
    output: Figure,
    k: OneK = "16",
    error: Annotated[
        bool, typer.Option("--error", help="Show where the error is, instead.")
    ] = False,
    space: SpaceName = "oklab",
    dither: DitherName = "none",
    effort: EffortName = "default",
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    force: Force = False,
) -> None:
    """Show the plane of labels in false colours."""
    view = {"error": error}
    _plot("labels", inputs, output, k, space, effort, seed, frame, max_pixels, force, dither, view)


def _plot(
    kind: str,
    inputs: list[str],
    output: str,
    k: str,
    space: str,
    effort: str,
    seed: int,
    frame: int | None,
    max_pixels: int,
    force: bool,
    dither: str | None = None,
    view: dict[str, Any] | None = None,
    fit: dict[str, Any] | None = None,
) -> None:
    from huepress.cli import plot as plotting

    settings = {
        "space": space,
        "effort": effort,
        "seed": seed,
        "frame": frame,
        "max_pixels": max_pixels,
        "dither": dither,
        **(fit or {}),
    }
    raise typer.Exit(plotting.plot(kind, inputs, output, k, settings, view, force=force))


@app.command()
def animate(
    source: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture, or - for stdin.")],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Animation: .gif, .webp or .mp4; - is stdout."
        ),
    ],
    k: K = 16,
    width: Annotated[
        int, typer.Option("--width", help="Of the frames, 320 to 1280 pixels.", metavar="N")
    ] = 640,
    interval: Annotated[
        float, typer.Option("--interval", help="Seconds a frame.", metavar="S")
    ] = 0.4,
    hold: Annotated[
        float, typer.Option("--hold", help="Seconds to show the last frame.", metavar="S")
    ] = 2.5,
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seeding: SeedingName = "random",
    max_iter: MaxIter = None,
    seed: Seed = 0,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    threads: Threads = 0,
    force: Force = False,
) -> None:
    """Show k-means at work: the centroids move, and the picture is painted with them.

    They start at random pixels unless --seeding says otherwise: principal-axis begins so near to
    the end that hardly anything moves.

    Needs the extra huepress[viz], and for .mp4 the program ffmpeg.
    """
    from huepress.cli import plot as plotting

    settings = {
        "space": space,
        "effort": effort,
        "seeding": seeding,
        "max_iter": max_iter,
        "seed": seed,
        "frame": frame,
        "max_pixels": max_pixels,
        "threads": threads,
    }
    view = {"width": width, "interval": interval, "hold": hold}
    raise typer.Exit(plotting.animate(source, output, k, settings, view, force=force))


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
