"""File formats: an indexed image to bytes and back, and the proof that it comes back."""

from __future__ import annotations

from huepress.formats.common import Effort as Effort
from huepress.formats.decoding import decode as decode
from huepress.formats.decoding import files_of as files_of
from huepress.formats.encoding import Encoded as Encoded
from huepress.formats.encoding import encode as encode
from huepress.formats.metadata import Metadata as Metadata
from huepress.formats.table import AUTO as AUTO
from huepress.formats.table import FORMATS as FORMATS
from huepress.formats.table import Format as Format
from huepress.formats.table import check_alpha as check_alpha
from huepress.formats.table import check_codes as check_codes
from huepress.formats.table import fitting_slots as fitting_slots
from huepress.formats.table import kept_metadata as kept_metadata
from huepress.formats.verifying import verify as verify
