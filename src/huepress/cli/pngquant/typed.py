"""The options of `huepress pngquant` as they are typed, for Typer to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed of files and messages; None where nothing was."""

    PANEL: ClassVar = "Files"

    force: Annotated[
        bool, typer.Option("-f", "--force", help="Overwrite existing files, the input too.")
    ] = False
    skip_if_larger: Annotated[
        bool, typer.Option("--skip-if-larger", help="Write what is smaller than its input, or 98.")
    ] = False
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="OUT", help="Output, or - for standard output."),
    ] = None
    ext: Annotated[
        str | None,
        typer.Option("--ext", metavar="SUFFIX", help="After the name: -fs8.png, or -or8.png."),
    ] = None
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Tell what is done, on standard output.")
    ] = False
    version: Annotated[
        bool, typer.Option("-V", "--version", help="Show which pngquant is followed.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOfPicture:
    """What was typed of the pictures; None where nothing was."""

    PANEL: ClassVar = "Picture"

    quality: Annotated[
        str | None,
        typer.Option(
            "-Q",
            "--quality",
            metavar="MIN-MAX",
            help="Exit 99 below MIN, few bytes from MAX on; 0 to 100, on pngquant's scale.",
        ),
    ] = None
    speed: Annotated[
        str | None, typer.Option("-s", "--speed", metavar="N", help="1 slow, 4 default, 11 fast.")
    ] = None
    nofs: Annotated[bool, typer.Option("--nofs", "--ordered", help="Do not dither.")] = False
    floyd: Annotated[
        str | None,
        typer.Option("--floyd", metavar="[=N]", help="Diffuse all errors, or the share N, 0 to 1."),
    ] = None
    posterize: Annotated[
        str | None,
        typer.Option("--posterize", metavar="N", help="Colours of N bits less, 0 to 4."),
    ] = None
    map: Annotated[
        str | None, typer.Option("--map", metavar="PNG", help="Take the colours of this picture.")
    ] = None
    transbug: Annotated[
        bool, typer.Option("--transbug", help="Put the clear colour at the palette's end.")
    ] = False
    iebug: Annotated[bool, typer.Option("--iebug", help="Without effect, as in pngquant 3.")] = (
        False
    )
    strip: Annotated[bool, typer.Option("--strip", help="Drop EXIF and resolution.")] = False
