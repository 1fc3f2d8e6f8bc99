"""Formulas as MathML, which browsers set by themselves: no script and no font from the network."""

import re
from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line."""
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands alone; a long one scrolls rather than widen the page."""
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({escape(str(node["number"]))})</span>')
    self.body.append(_mathml(node, "block"))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _mathml(node: nodes.Element, display: str) -> str:
    made = str(convert(node.astext(), display=display))
    unknown = re.search(r"\\\w+", re.sub(r"<[^>]+>", " ", made))
    if unknown:
        logger.warning("LaTeX that is not understood: %s", unknown[0], location=node)
    return made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
