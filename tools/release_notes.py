"""Print what the changelog says of the release that a tag names: `release_notes.py v0.3.0`.

It fails where tag, `__version__` and changelog do not say the same, before anything is built.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str, root: Path = ROOT) -> str:
    """Return the text of a release.

    Parameters
    ----------
    tag : str
        As in git: v0.3.0.
    root : Path, optional
        The repository.

    Returns
    -------
    str
        What stands under the release's heading, in Markdown.

    Raises
    ------
    ValueError
        The tag is not the version's, or the changelog has no dated release of that name.
    """
    source = (root / "src" / "huepress" / "__init__.py").read_text("utf-8")
    version = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    if version is None or tag != f"v{version[1]}":
        said = version and version[1]
        raise ValueError(f"the tag is {tag}, __version__ is {said}; tag v{said}, or set it")
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    parts = re.split(r"^## (.+)\n", changelog, flags=re.MULTILINE)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if re.fullmatch(rf"{re.escape(version[1])} - \d{{4}}-\d\d-\d\d", heading):
            return text.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no '## {version[1]} - YEAR-MONTH-DAY'; write its heading")


if __name__ == "__main__":
    try:
        print(notes(*sys.argv[1:]), end="")
    except (TypeError, ValueError) as error:
        sys.exit(f"{Path(__file__).name}: {error}")
