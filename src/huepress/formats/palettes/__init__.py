"""Palette files: a codebook as other programs exchange it; a file each, of which `files` knows all.

========= ===================== ========= ===== ================================================
suffix    known from            alpha     names content
========= ===================== ========= ===== ================================================
.gpl      GIMP, Inkscape, Krita read only yes   ``red green blue name`` a line; Aseprite's alpha
.hex      Lospec                yes       no    ``rrggbb`` a line, ``rrggbbaa`` where not opaque
.txt      paint.net             yes       no    ``aarrggbb`` a line
.pal      Paint Shop Pro (JASC) read only no    a count, and ``red green blue`` a line
.pal      Windows (RIFF)        no        no    binary; read only
.act      Adobe colour table    one clear no    256 × 3 bytes, number of colours, clear index
.aco      Adobe Photoshop       no        yes   16-bit samples in one of seven models, twice
.ase      Adobe (exchange)      no        yes   floating-point samples in one of four models
.ase      Aseprite              yes       yes   a sprite, whose palette is read; read only
.aseprite Aseprite              yes       yes   the same
.json     huepress              yes       yes   an object with ``colors`` and ``names``
.png      all                   yes       no    one pixel a colour
========= ===================== ========= ===== ================================================
"""

from __future__ import annotations

from huepress.formats.palettes.files import READABLE as READABLE
from huepress.formats.palettes.files import SUFFIXES as SUFFIXES
from huepress.formats.palettes.files import read_palette as read_palette
from huepress.formats.palettes.files import write_palette as write_palette
