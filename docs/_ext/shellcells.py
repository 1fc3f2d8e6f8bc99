"""Cells of shell commands look like shell commands: without their magic, and coloured as such."""

from docutils import nodes
from sphinx.application import Sphinx

MAGIC = "%%sh\n"


def _unmask(_: Sphinx, tree: nodes.document) -> None:
    for block in tree.findall(nodes.literal_block):
        text = block.astext()
        if text.startswith(MAGIC):
            commands = text.removeprefix(MAGIC)
            block.rawsource = commands
            block.children = [nodes.Text(commands)]
            block["language"] = "sh"


def setup(app: Sphinx) -> dict[str, bool]:
    """Change the pages once they are read."""
    app.connect("doctree-read", _unmask)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
