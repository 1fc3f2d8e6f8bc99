"""Gather pictures of Debian packages to measure on: `python -m benchmarks.gather FOLDER`.

Packages are fetched with `apt-get download` and unpacked, not installed. Of each group every n-th
picture is taken, in turn for `tune` and for `check`: what is tuned on the first half is judged on
the second.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """Pictures of a package: a class for the report, where they lie, and their sides."""

    group: str
    package: str
    pattern: str
    count: int
    least: int = 1
    most: int = 1600


SOURCES = (
    Source("dialogs", "gimp-help-en", "**/images/dialogs/*.png", 6, least=200),
    Source("dialogs", "gimp-help-en", "**/images/tool-options/*.png", 2, least=150),
    Source("dialogs", "gnome-user-docs", "**/help/C/**/*.png", 4, least=200),
    Source("plots", "python-skimage-doc", "**/_images/sphx_glr_plot_*.png", 8, least=300),
    Source("tiles", "freeciv-data", "**/freeciv/[!ft]*/*.png", 8, least=64),
    Source("sprites", "pingus-data", "**/groundpieces/ground/*/*.png", 6, least=32),
    Source("sprites", "pingus-data", "**/images/pingus/**/*.png", 4, least=32),
    Source("emoji", "pidgin-data", "**/emotes/default/*.png", 6),
    Source("emoji", "gnome-icon-theme", "**/48x48/emotes/*.png", 2),
    Source("icons", "oxygen-icon-theme", "**/48x48/actions/*.png", 4),
    Source("icons", "oxygen-icon-theme", "**/128x128/*/*.png", 4),
    Source("icons", "tango-icon-theme", "**/32x32/*/*.png", 4),
    Source("icons", "gnome-icon-theme", "**/256x256/*/*.png", 2),
    Source("flags", "freeciv-data", "**/flags/*.png", 4, least=20),
)


def chosen(source: Source, folder: Path) -> list[Path]:
    """Spread a source's choice evenly over its pictures, sorted by name, doubles left out."""
    from PIL import Image

    fitting: dict[str, Path] = {}
    for path in sorted(folder.glob(source.pattern)):
        if path.is_symlink():
            continue
        with Image.open(path) as image:
            if source.least <= min(image.size) and max(image.size) <= source.most:
                fitting.setdefault(sha256(path.read_bytes()).hexdigest(), path)
    paths = list(fitting.values())
    count = min(source.count, len(paths))
    return [paths[i * len(paths) // count] for i in range(count)]


def unpacked(package: str, folder: Path) -> Path:
    """Fetch a package and unpack it."""
    target = folder / package
    if not target.exists():
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
        (archive,) = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, target], check=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gather", description=__doc__)
    parser.add_argument("folder", type=Path, help="is made, with `tune` and `check` in it")
    folder = parser.parse_args().folder
    if missing := [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]:
        sys.exit(f"{missing[0]} is not on the PATH: this needs Debian, or what is made from it")
    with tempfile.TemporaryDirectory() as packages:
        for source in SOURCES:
            paths = chosen(source, unpacked(source.package, Path(packages)))
            for i, path in enumerate(paths):
                half = folder / ("check" if i % 2 else "tune") / source.group
                half.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, half / f"{source.package}-{path.parent.name}-{path.name}")
            print(f"{source.group:8} {len(paths):3} of {source.package}")


if __name__ == "__main__":
    main()
