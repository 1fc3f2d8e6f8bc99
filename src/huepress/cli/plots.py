"""The commands of `huepress plot`; `huepress.cli.plot` draws the figures."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from huepress.cli.explained import Explained, ExplainedGroup
from huepress.cli.grouped import grouped
from huepress.cli.option_table import Fitted, Force, Mapped, Moved
from huepress.common.choices import Space

figures = typer.Typer(
    name="plot",
    cls=ExplainedGroup,
    help="Draw figures of pictures and what compression does to them (extra: huepress[viz]).",
    no_args_is_help=True,
)

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


@figures.command("compare", cls=Explained)
@grouped
def compare(
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


@figures.command("palette", cls=Explained)
@grouped
def palette(
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


@figures.command("colors3d", cls=Explained)
@grouped
def colors3d(
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


@figures.command("trajectories", cls=Explained)
@grouped
def trajectories(
    *, inputs: Pictures, output: Figure, k: OneK = "16", how: Moved, force: Force = False
) -> None:
    """Show how k-means moved its centroids.

    They start at random pixels unless --seeding says otherwise: principal-axis begins so near to
    the end that hardly anything moves.
    """
    from huepress.cli import plot

    raise typer.Exit(plot.trajectories(plot.Figure(inputs, output, k, how, force)))


@figures.command("elbow", cls=Explained)
@grouped
def elbow(
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


@figures.command("frontier", cls=Explained)
@grouped
def frontier(
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


@figures.command("labels", cls=Explained)
@grouped
def labels(
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
