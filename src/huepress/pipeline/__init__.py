"""One compression from a source to bytes, and back."""

from __future__ import annotations

from huepress.pipeline.compression import compress as compress
from huepress.pipeline.compression import decompress as decompress
from huepress.pipeline.compression import prepared as prepared
from huepress.pipeline.result import Result as Result
