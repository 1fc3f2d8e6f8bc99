"""The tables that the benchmarks wrote, on the page that explains them."""

from pathlib import Path

from sphinx.application import Sphinx

MARK = "<!-- the tables -->"


def _insert(app: Sphinx, _: str, source: list[str]) -> None:
    if MARK not in source[0]:
        return
    written = sorted(Path(app.srcdir).glob("benchmarks-*.md"))
    texts = [path.read_text("utf-8") for path in written]
    # Each file has a title of its own; on this page it heads a section.
    texts = ["\n".join(map(_deeper, text.splitlines())) for text in texts]
    source[0] = source[0].replace(MARK, "\n\n".join(texts) or "No tables have been written yet.")


def _deeper(line: str) -> str:
    return f"#{line}" if line.startswith("#") else line


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page that has the mark."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
