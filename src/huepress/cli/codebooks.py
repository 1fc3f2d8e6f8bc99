"""The commands of `huepress codebook`; `huepress.cli.codebook` does their work."""

from __future__ import annotations

from typing import Annotated

import typer

from huepress.cli.explained import Explained, ExplainedGroup
from huepress.cli.grouped import grouped
from huepress.cli.option_table import (
    Building,
    Force,
    Json,
    ReadAtOnce,
    Sources,
    Updating,
)
from huepress.common.choices import Space

codebooks = typer.Typer(
    name="codebook",
    cls=ExplainedGroup,
    help="Make one codebook for many pictures, and keep its codes at their places.",
    no_args_is_help=True,
)

Lock = Annotated[str, typer.Argument(metavar="BOOK", help="A codebook's lock file: .json.")]
Output = Annotated[
    str,
    typer.Option("-o", "--output", metavar="OUT", help="Lock file: .json; - is standard output."),
]


@codebooks.command("build", cls=Explained)
@grouped
def build(
    *,
    sources: Sources,
    output: Output,
    how: Building,
    jobs: ReadAtOnce = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Learn one codebook for all pictures, and write it as a lock file.

    Pictures are counted one after the other; histograms of some of them, which `huepress
    histogram` makes on any machine, count as the pictures do: the codebook is the same. Pinned
    colours lead it, then come codes that are not opaque, then the others from dark to light.

    `huepress compress --codebook BOOK` uses it: every file has the same palette, in this order,
    with unused codes too. Nothing is written where a picture cannot be read.
    """
    from huepress.cli import codebook

    raise typer.Exit(codebook.build(sources, output, how, jobs, as_json=as_json, force=force))


@codebooks.command("update", cls=Explained)
@grouped
def update(
    *,
    book: Lock,
    sources: Sources,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="OUT", help="Lock file: .json; - is stdout."),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Replace BOOK by what becomes of it.")
    ] = False,
    replace_unused: Annotated[
        bool,
        typer.Option(
            "--replace-unused",
            help="Give places of codes that no SRC needs to new ones; name all pictures then.",
        ),
    ] = False,
    how: Updating,
    jobs: ReadAtOnce = 0,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Add codes for new pictures to a codebook, whose own stay at their places.

    There are new codes as far as there is room: what -k asked for when it was built, or asks for
    now. They are learned around all others, and stand behind them. With --replace-unused, codes
    that are not pinned and that no pixel of the pictures has as its nearest give their places to
    new ones. What is new is told; without -o and --in-place nothing is written.
    """
    from huepress.cli import codebook

    place = codebook.Place(output, in_place, force)
    raise typer.Exit(
        codebook.update(
            book, sources, place, how, jobs, replace_unused=replace_unused, as_json=as_json
        )
    )


@codebooks.command("merge", cls=Explained)
def merge(
    books: Annotated[
        list[str], typer.Argument(metavar="BOOK...", help="Lock files, and palette files.")
    ],
    output: Output,
    space: Annotated[
        Space | None,
        typer.Option("--space", help="Where colours are compared, if the lock files disagree."),
    ] = None,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Join codebooks, or make one of a palette file.

    Codes of the first stay at their places; those of the others that are new follow in their
    order. A colour of several is one code, by its first name, pinned if one of them pins it. With
    --json, `places` tells which code each one has become, file by file.
    """
    from huepress.cli import codebook

    raise typer.Exit(codebook.merge(books, output, space, as_json=as_json, force=force))


@codebooks.command("show", cls=Explained)
def show(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="A lock file, or a palette file.")],
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="PNG", help="Draw swatches; - is stdout."),
    ] = None,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Show the codes of a codebook with their places and names, and what they were learned from."""
    from huepress.cli import codebook

    raise typer.Exit(codebook.show(book, output, as_json=as_json, force=force))
