"""Videos, decoded by ffmpeg where it is installed, one frame after the other through a pipe.

ffmpeg is a program that the user has; huepress neither holds nor links any of it.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
import tempfile
from contextlib import closing, contextmanager
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from huepress.errors import InputError
from huepress.read.canvas import check_count, rounded_times
from huepress.read.decoding import READABLE
from huepress.read.facts import SourceFacts
from huepress.read.moving.frames import Moving, Timed, tidied
from huepress.read.moving.wanted import MOST_RATE
from huepress.read.opening import check_size, memory_reported

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from huepress.read.moving.files import Held
    from huepress.read.moving.wanted import Wanted

logger = logging.getLogger(__name__)

# Playlists and scripts, which could name other files, are not among them.
_CONTAINERS = (
    "mov,mp4,matroska,webm,avi,yuv4mpegpipe,mpegts,mpeg,mpegvideo,flv,ogg,asf,ivf,h264,hevc,obu,"
    "nut,mxf,gif,apng,rm,dv,swf,3gp,m4v,wtv"
)
_SAFE = ("-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS)
_ASKED = (
    "stream=codec_name,width,height,pix_fmt,avg_frame_rate,r_frame_rate,bits_per_raw_sample,"
    "color_space,color_transfer:stream_tags=alpha_mode:format=duration"
)
# The decoders that ffmpeg takes by itself leave out the alpha of these.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_WITH_ALPHA = re.compile(r"yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8|ayuv|vuya")
_RGB = re.compile(r"rgb|bgr|argb|abgr|gbr|pal8|x?gray|ya\d|mono")
_HDR = ("smpte2084", "arib-std-b67")
_SCALING = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_HIGH = 720  # lines from which a video that does not say so has the colours of BT.709
_ADDRESS = re.compile(r"\[\S+ @ 0x[0-9a-f]+\] *")
_LONGEST_LINE, _MOST_FIELDS = 256, 16  # of what stands before a frame's bytes
_DEFAULT_RATE = Fraction(25)


class _Stream(NamedTuple):
    """What ffprobe says of the first video in a file."""

    codec: str
    width: int
    height: int
    pixel_format: str
    depth: int
    rate: Fraction
    seconds: float | None
    has_alpha: bool
    space: str
    transfer: str


def read_video(held: Held, wanted: Wanted) -> Moving:
    """Ask what a video holds, and decode its first frame."""
    name = held.name
    for program in ("ffprobe", "ffmpeg"):
        if shutil.which(program) is None:
            raise InputError(
                f"{name}: no picture in a format that huepress reads ({READABLE}), and to read "
                f"videos {program} must be installed (apt install ffmpeg, brew install ffmpeg)"
            )
    with _on_disk(held) as path:
        stream = _probed(path, name)
        check_size(stream.width, stream.height, name, wanted.max_pixels)
        with closing(_decoded(path, stream, wanted, name, most=1)) as canvases:
            first = next(canvases)
    height, width = first.shape[:2]
    size = wanted.size_of(width, height, name)
    rate = wanted.fps or stream.rate

    def frames() -> Generator[Timed]:
        times = rounded_times(repeat((rate.denominator, rate.numerator)))
        with (
            memory_reported(name),
            _on_disk(held) as path,
            closing(_decoded(path, stream, wanted, name)) as canvases,
        ):
            for index, canvas in enumerate(canvases):
                check_count(index + 1, name)
                yield tidied(canvas, size), next(times)

    return Moving(frames, *size, 0, None, _facts(held, stream))


def _facts(held: Held, stream: _Stream) -> SourceFacts:
    warnings = []
    if stream.transfer in _HDR:
        warnings.append("its HDR colours are not tone-mapped and may look pale")
    stat = held.path.stat() if held.path else None
    return SourceFacts(
        format=stream.codec.upper(),
        mode=stream.pixel_format,
        bit_depth=stream.depth,
        path=held.path,
        file_bytes=stat.st_size if stat else len(held.data),
        mtime=stat.st_mtime if stat else None,
        reduced=stream.depth > 8,
        converted=not _RGB.match(stream.pixel_format),
        warnings=tuple(warnings),
    )


@contextmanager
def _on_disk(held: Held) -> Iterator[Path]:
    """Give a file that ffmpeg can go to and fro in, as many containers need."""
    if held.path is not None:
        yield held.path
        return
    with tempfile.TemporaryDirectory(prefix="huepress-") as folder:
        path = Path(folder) / "video"
        path.write_bytes(held.data)
        yield path


def _probed(path: Path, name: str) -> _Stream:
    command = ["ffprobe", "-v", "error", *_SAFE, "-select_streams", "V:0", "-of", "json"]
    command += ["-show_entries", _ASKED, f"file:{path}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise InputError(
            f"{name}: neither a picture ({READABLE}) nor a video that ffmpeg reads "
            f"({_last_line(done.stderr, path)}); check what it is, or fetch it again"
        )
    found = json.loads(done.stdout)
    streams = found.get("streams") or [{}]
    stream, container = streams[0], found.get("format", {})
    width, height = stream.get("width", 0), stream.get("height", 0)
    if not width or not height:
        raise InputError(f"{name}: holds no moving picture that ffmpeg can decode; give a video")
    codec, pixel_format = stream.get("codec_name", "video"), stream.get("pix_fmt", "unknown")
    seconds = container.get("duration")
    return _Stream(
        codec=codec,
        width=width,
        height=height,
        pixel_format=pixel_format,
        depth=int(stream.get("bits_per_raw_sample") or _depth_of(pixel_format)),
        rate=_rate(stream),
        seconds=float(seconds) if seconds else None,
        has_alpha=bool(_WITH_ALPHA.match(pixel_format)) or _hides_alpha(codec, stream),
        space=stream.get("color_space", "unknown"),
        transfer=stream.get("color_transfer", "unknown"),
    )


def _hides_alpha(codec: str, stream: dict[str, Any]) -> bool:
    tags = {key.lower(): value for key, value in stream.get("tags", {}).items()}
    return codec in _ALPHA_DECODERS and tags.get("alpha_mode") == "1"


def _depth_of(pixel_format: str) -> int:
    found = re.search(r"p(9|1[0246])(?:le|be)$", pixel_format)
    return int(found[1]) if found else 8


def _rate(stream: dict[str, Any]) -> Fraction:
    for key in ("avg_frame_rate", "r_frame_rate"):
        numerator, _, denominator = stream.get(key, "0/0").partition("/")
        rate = Fraction(int(numerator), int(denominator or 1) or 1)
        if 0 < rate <= MOST_RATE:  # a single picture may have 90,000
            return rate
    return _DEFAULT_RATE


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


def _command(path: Path, stream: _Stream, wanted: Wanted, most: int | None) -> list[str]:
    rate = wanted.fps or stream.rate
    matrix = ""
    if stream.space == "unknown" and stream.height >= _HIGH and not _RGB.match(stream.pixel_format):
        matrix = ":in_color_matrix=bt709"
    layout = "rgba" if stream.has_alpha else "rgb24"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-xerror", *_SAFE]
    if stream.has_alpha and stream.codec in _ALPHA_DECODERS:
        command += ["-c:v", _ALPHA_DECODERS[stream.codec]]
    if wanted.start:
        command += ["-ss", _seconds(wanted.start)]
    if wanted.duration is not None:
        command += ["-t", _seconds(wanted.duration)]
    filters = f"fps={rate.numerator}/{rate.denominator},scale=flags={_SCALING}{matrix}"
    command += ["-i", f"file:{path}", "-map", "0:V:0", "-vf", f"{filters},format={layout}"]
    if most is not None:
        command += ["-frames:v", str(most)]
    return [*command, "-f", "image2pipe", "-c:v", "pam", "-"]


def _decoded(
    path: Path, stream: _Stream, wanted: Wanted, name: str, most: int | None = None
) -> Generator[NDArray[np.uint8]]:
    """Yield the frames that ffmpeg gives; it is ended when nobody wants more."""
    with tempfile.TemporaryFile() as said:
        command = _command(path, stream, wanted, most)
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as ffmpeg:
            assert ffmpeg.stdout is not None
            number = 0
            try:
                for canvas in _frames(ffmpeg.stdout, name, wanted.max_pixels):
                    yield canvas
                    number += 1
                code = ffmpeg.wait()
            finally:
                ffmpeg.kill()
        said.seek(0)
        complaint = said.read()
    words = _last_line(complaint, path)
    if complaint and not code:
        logger.warning("%s: ffmpeg complains (%s): frames may be missing or wrong", name, words)
    if code:
        raise InputError(
            f"{name}: ffmpeg could not decode the video behind frame {number - 1} ({words}); fetch "
            "it again, or mend it by having ffmpeg write it anew"
        )
    if not number:
        lasts = "" if stream.seconds is None else f" lasts {stream.seconds:g} s, and"
        raise InputError(
            f"{name}:{lasts} has no frame from {wanted.start / 1000:g} s on; start "
            "earlier (--start)"
        )


def _frames(pipe: IO[bytes], name: str, max_pixels: int | None) -> Iterator[NDArray[np.uint8]]:
    """Read PAM pictures (https://netpbm.sourceforge.net/doc/pam.html) until the pipe ends."""
    while fields := _head(pipe):
        height, width, depth = (int(fields[key]) for key in (b"HEIGHT", b"WIDTH", b"DEPTH"))
        check_size(width, height, name, max_pixels)
        samples = pipe.read(height * width * depth)
        if len(samples) < height * width * depth:
            return
        yield np.frombuffer(samples, np.uint8).reshape(height, width, depth)


def _head(pipe: IO[bytes]) -> dict[bytes, bytes]:
    """Read the fields of a picture's head; none where the pipe ends."""
    fields: dict[bytes, bytes] = {}
    while len(fields) < _MOST_FIELDS and (line := pipe.readline(_LONGEST_LINE)):
        key, _, value = line.strip().partition(b" ")
        if key == b"ENDHDR":
            return fields
        fields[key] = value
    return {}


def _last_line(said: bytes, path: Path) -> str:
    """Return the last words of ffmpeg, without addresses in memory and where the file lies."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return "it gave no reason"
    return _ADDRESS.sub("", lines[-1]).replace(f"file:{path}: ", "").strip()[:200]
