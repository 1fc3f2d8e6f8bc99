"""Moving pictures: patches to GIF, APNG and animated WebP, one at a time."""

from __future__ import annotations

from huepress.formats.moving.stage import MovingFile as MovingFile
from huepress.formats.moving.stage import Stage as Stage
from huepress.formats.moving.table import MOVING as MOVING
from huepress.formats.moving.table import MovingFormat as MovingFormat
