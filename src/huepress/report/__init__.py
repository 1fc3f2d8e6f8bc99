"""One page about one compression: what it costs, what it loses, how to make it again.

>>> import numpy as np
>>> from huepress import compress
>>> from huepress.report import report_html
>>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)
>>> report_html(compress(ramp, k=4), title="ramp").startswith("<!doctype html>")
True
"""

from huepress.report.moving import moving_html as moving_html
from huepress.report.page import report_html as report_html

__all__ = ["moving_html", "report_html"]
