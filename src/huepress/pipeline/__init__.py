"""One compression from a source to bytes, and back."""

from __future__ import annotations

from huepress.pipeline.compression import Result as Result
from huepress.pipeline.compression import compress as compress
from huepress.pipeline.compression import decompress as decompress
