"""The search for a wanted quality or size."""

from __future__ import annotations

from huepress.search.search import Found as Found
from huepress.search.search import search as search
