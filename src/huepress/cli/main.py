"""The commands and their options; what they do lives in the modules that they import when run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
        help="Where colours are compared: oklab looks best, srgb has the least plain error.",
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
Frame = Annotated[
    int | None, typer.Option("--frame", help="Take frame N of an animation, from 0.", metavar="N")
]
MaxPixels = Annotated[
    int, typer.Option("--max-pixels", help="Refuse larger pictures before decoding.", metavar="N")
]
Threads = Annotated[
    int, typer.Option("--threads", help="0 is one a core; the bytes are the same for any number.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line on stdout.")]
Force = Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")]

DEFAULT_MAX_PIXELS = 200_000_000


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
    k: K = 256,
    space: SpaceName = "oklab",
    dither: Annotated[
        str,
        typer.Option(
            "--dither",
            metavar="none|diffusion[:STRENGTH]|ordered",
            help="How labels are chosen; the strength is 0 to 1.",
        ),
    ] = "none",
    effort: EffortName = "default",
    seeding: SeedingName = "principal-axis",
    n_init: NInit = 1,
    max_iter: MaxIter = None,
    tol: Tol = None,
    sample: Sample = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    pin: Pins = None,
    palette: Annotated[
        Path | None,
        typer.Option(
            "--palette", metavar="FILE", help="Use the colours of this palette file, in its order."
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["png", "webp", "gif", "png24", "npz", "npy"] | None,
        typer.Option(
            "--format",
            help="Output format; by the suffix of OUT, or png. png24 is truecolour, npz and npy "
            "hold codebook and labels as arrays.",
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="exif,icc,dpi", help="Metadata to keep; all is stripped."),
    ] = None,
    preserve: Annotated[
        bool, typer.Option("--preserve", help="Give outputs their input's modification time.")
    ] = False,
    allow_larger: Annotated[
        bool, typer.Option("--allow-larger", help="Write outputs that are larger than their input.")
    ] = False,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    threads: Threads = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Describe pictures with at most K colours and write them as small files.

    The output goes beside the input as NAME-small.png unless told otherwise. The input is never
    touched, and no file is overwritten without --force. An output that would be larger than its
    input is not written; with -o or --out-dir an input of the same format is copied instead.

    Exit status: 0 when all are done (also when an original was kept), 1 when some failed (the
    others are done), 2 for wrong usage.
    """
    from huepress.cli import compressing

    name, _, strength = dither.partition(":")
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
            ),
            {
                "k": k,
                "space": space,
                "dither": name,
                "dither_strength": strength,
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
                "format": format,
                "keep": keep,
                "frame": frame,
                "max_pixels": max_pixels,
                "threads": threads,
            },
            as_json=as_json,
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
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Rebuild pictures, exactly, from a codebook and labels.

    The output goes beside the input as NAME-restored.png unless told otherwise.
    """
    from huepress.cli import decompressing

    raise typer.Exit(decompressing.run(inputs, output, labels, as_json=as_json, force=force))


@app.command()
def inspect(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures.")],
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    as_json: Json = False,
) -> None:
    """Show what pictures cost: colours, bits, entropy, bytes."""
    from huepress.cli import inspecting

    raise typer.Exit(inspecting.inspect(inputs, frame, max_pixels, as_json=as_json))


@app.command()
def compare(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL")],
    other: Annotated[str, typer.Argument(metavar="OTHER")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="MAP", help="Write a PNG of where they differ."),
    ] = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Measure how far a picture is from its original.

    The map is black where nothing differs and gets brighter with the colour difference in Oklab.
    """
    from huepress.cli import inspecting

    raise typer.Exit(
        inspecting.compare(original, other, output, max_pixels, as_json=as_json, force=force)
    )


@app.command()
def palette(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A picture, or - for stdin.")],
    k: K = 16,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Palette file: .gpl, .hex, .act, .json or .png."
        ),
    ] = None,
    space: SpaceName = "oklab",
    effort: EffortName = "default",
    seeding: SeedingName = "principal-axis",
    sample: Sample = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    pin: Pins = None,
    frame: Frame = None,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    threads: Threads = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Learn a picture's palette; show it, or write it as a palette file."""
    from huepress.cli import inspecting

    raise typer.Exit(
        inspecting.palette(
            source,
            output,
            {
                "k": k,
                "space": space,
                "effort": effort,
                "seeding": seeding,
                "sample": sample,
                "batch_size": batch_size,
                "seed": seed,
                "pinned": pin,
                "frame": frame,
                "max_pixels": max_pixels,
                "threads": threads,
            },
            as_json=as_json,
            force=force,
        )
    )


def run() -> None:
    """Run the command line: the `huepress` program."""
    app()
