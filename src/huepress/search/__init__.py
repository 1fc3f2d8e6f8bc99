"""The search for a wanted quality or size."""

from __future__ import annotations

from huepress.search.forecast import hopeless_bytes as hopeless_bytes
from huepress.search.found import Found as Found
from huepress.search.search import search as search
