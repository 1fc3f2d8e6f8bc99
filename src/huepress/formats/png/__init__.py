"""PNG: a palette, greys or true colour, each written in several ways; the smallest is kept."""

from __future__ import annotations

from huepress.formats.png.decoding import decode as decode
from huepress.formats.png.decoding import decode_pixels as decode_pixels
from huepress.formats.png.decoding import decode_slots as decode_slots
from huepress.formats.png.decoding import read_header as read_header
from huepress.formats.png.encoding import draft as draft
from huepress.formats.png.encoding import encode as encode
from huepress.formats.png.encoding import encode_labels as encode_labels
from huepress.formats.png.encoding import encode_slots as encode_slots
from huepress.formats.png.encoding import encode_truecolor as encode_truecolor
from huepress.formats.png.file import MAX_CODES as MAX_CODES
from huepress.formats.png.sizes import overhead as overhead
from huepress.formats.png.sizes import quick_size as quick_size
from huepress.formats.png.trials import Draft as Draft
