"""The tables that the benchmarks wrote, on the page that explains them."""

from pathlib import Path

from sphinx.application import Sphinx

MARK = "<!-- the tables -->"


def _insert(app: Sphinx, _: str, source: list[str]) -> None:
    if MARK not in source[0]:
        return
    written = sorted(Path(app.srcdir).glob("benchmarks-*.md"))
    texts = [_as_sections(path.read_text("utf-8")) for path in written]
    source[0] = source[0].replace(MARK, "\n\n".join(texts) or "No tables have been written yet.")


def _as_sections(text: str) -> str:
    """Move the headings of a file so that its topmost ones head sections of the page."""
    lines = text.splitlines()
    levels, fenced = {}, False
    for place, line in enumerate(lines):
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            levels[place] = len(line) - len(line.lstrip("#"))
    for place, level in levels.items():
        lines[place] = "#" * (level - min(levels.values()) + 2) + lines[place][level:]
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page that has the mark."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
