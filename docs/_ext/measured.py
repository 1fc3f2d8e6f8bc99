"""The tables that the benchmarks wrote, on the page that explains them."""

from pathlib import Path

from sphinx.application import Sphinx

MARK = "<!-- the tables -->"


def _insert(app: Sphinx, _: str, source: list[str]) -> None:
    if MARK not in source[0]:
        return
    written = sorted(Path(app.srcdir).glob("benchmarks-*.md"))
    texts = [path.read_text("utf-8") for path in written]
    texts = [_deeper(text) for text in texts]
    source[0] = source[0].replace(MARK, "\n\n".join(texts) or "No tables have been written yet.")


def _deeper(text: str) -> str:
    """Take headings one level down: a file has a title of its own, and here it heads a section."""
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page that has the mark."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
