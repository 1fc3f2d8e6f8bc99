"""How executed cells are shown: shell commands as such, and pictures with words beside them."""

import ast
from contextlib import suppress
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

MAGIC = "%%sh\n"
DARK = b"Description\0for dark pages"


def _unmask(_: Sphinx, tree: nodes.document) -> None:
    for block in tree.findall(nodes.literal_block):
        text = block.astext()
        if text.startswith(MAGIC):
            commands = text.removeprefix(MAGIC)
            block.rawsource = commands
            block.children = [nodes.Text(commands)]
            block["language"] = "sh"


def _describe(_: Sphinx, tree: nodes.document) -> None:
    """Name the statement that drew a picture, where the page says no more about it."""
    for cell in tree.findall(nodes.container):
        code = next(cell.findall(nodes.literal_block), None)
        if cell.get("nb_element") != "cell_code" or code is None:
            continue
        with suppress(SyntaxError):  # a magic, whose pictures the page describes
            drawing = ast.unparse(ast.parse(code.astext()).body[-1])
            for picture in cell.findall(nodes.image):
                picture.setdefault("alt", f"What {drawing} shows")


def _pair(app: Sphinx, tree: nodes.document) -> None:
    """Show figures that come for light and for dark pages on their pages only."""
    before = None
    for picture in tree.findall(nodes.image):
        path = Path(app.srcdir, picture["uri"].lstrip("/"))
        dark = path.suffix == ".png" and path.exists() and DARK in path.read_bytes()
        if dark and before is not None:
            before["classes"].append("only-light")
            picture["classes"].append("only-dark")
        before = None if dark else picture


def setup(app: Sphinx) -> dict[str, bool]:
    """Change the pages once they are read."""
    app.connect("doctree-read", _unmask)
    app.connect("doctree-read", _describe)
    app.connect("doctree-read", _pair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
