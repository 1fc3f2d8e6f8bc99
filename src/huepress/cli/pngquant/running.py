"""`huepress pngquant`: each file in turn, and what to say and return in the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huepress import __version__
from huepress.cli.exits import DONE, TOO_LARGE, TOO_LOW, explanation
from huepress.cli.guard import told
from huepress.cli.pipes import check_stdout, stdin_file, write_stdout
from huepress.cli.pngquant import codes
from huepress.cli.pngquant.picture import Made, made
from huepress.cli.pngquant.typed import Typed, TypedOfPicture
from huepress.cli.pngquant.wish import Wish
from huepress.cli.signals import at_work
from huepress.cli.streams import one_line
from huepress.cli.warning import warnings_shown
from huepress.common.files import check_targets, check_unchanged, same_file, write_files
from huepress.errors import HuepressError, InputError, OptionError, OutputError, QualityError
from huepress.read.opening import memory_reported
from huepress.values.image import Image

FOLLOWED = "3.0.3"
"""The version of pngquant whose command line this is."""


class _FileError(Exception):
    """What became of one file that is not written: an exit code, and a line about it."""

    def __init__(self, code: int, line: str) -> None:
        super().__init__(line)
        self.code, self.line = code, line


def run(words: list[str], typed: Typed, picture: TypedOfPicture) -> int:
    """Quantize files as pngquant would, and return its exit code: that of the last that failed."""
    if typed.version:
        print(f"{FOLLOWED} (huepress {__version__})")
        return DONE
    at_work()
    try:
        wish = Wish.of(words, typed, picture)
    except OptionError as error:
        _complain(str(error))
        return codes.INVALID_VALUE
    if not wish.files:
        _complain("no input files; name some, or - for standard input, or see --help")
        return codes.NO_FILES
    with warnings_shown(_complain):
        return _Batch(wish).run()


class _Batch:
    """All files of one command."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        to_stdout = wish.typed.output == "-" or wish.files == ("-",)
        # Where pngquant would mix its messages with the picture, they go to standard error.
        self._out = sys.stderr if to_stdout else sys.stdout

    def run(self) -> int:
        code, skipped, failed = DONE, 0, 0
        for source in self.wish.files:
            try:
                self._one(source)
            except _FileError as error:
                code = error.code
                if code in (TOO_LARGE, TOO_LOW):
                    skipped += 1
                    self._tell(f"  {error.line}")
                else:
                    failed += 1
                    _complain(error.line)
        self._tell(_totals(len(self.wish.files), skipped, failed))
        return code

    def _one(self, source: str) -> None:
        target = self._target(source)
        others = [Path(each) for each in self.wish.files if each not in (source, "-")]
        self._check(target, others)
        image, original = self._read(source)
        self._tell(f"{source}:")
        self._tell(f"  read {len(original):,} bytes, {image.width}x{image.height} pixels")
        try:
            small = self._made(source, image, len(original))
        except _FileError:
            if target == "-":  # whoever reads the pipe gets a picture in any case
                write_stdout(original)
            raise
        self._tell(f"  mapped image to new colors...score {small.score:.1f}")
        self._tell(f"  writing {small.n_colors}-color image as {target}, {len(small.data):,} bytes")
        if target == "-":
            write_stdout(small.data)
        else:
            self._write(Path(target), small.data, image, others)

    def _target(self, source: str) -> str:
        """Name the output of a file as pngquant does."""
        typed = self.wish.typed
        if typed.output is not None:
            return typed.output
        if source == "-":
            return "-"
        stem = source[:-4] if source.lower().endswith(".png") else source
        return stem + self.wish.ext

    def _check(self, target: str, others: list[Path]) -> None:
        """Refuse an output that could not be written, before the work."""
        if target == "-":
            check_stdout()
            return
        path, force = Path(target), self.wish.typed.force
        if os.path.lexists(path) and not force:
            raise _FileError(codes.EXISTS, f"'{target}' exists; not overwriting (--force does)")
        with _failures(codes.CANNOT_WRITE):
            check_targets([path], overwrite=force, inputs=others)

    def _read(self, source: str) -> tuple[Image, bytes]:
        """Read a PNG, and its bytes."""
        if source == "-":
            if len(self.wish.files) > 1:
                raise _FileError(
                    codes.CANNOT_READ, "cannot open - for reading; standard input goes alone"
                )
            with _failures(codes.CANNOT_READ):
                original = stdin_file().read()
            with _failures(codes.NOT_A_PNG):
                return _png(Image.read(original), "standard input"), original
        try:
            original = Path(source).read_bytes()
        except IsADirectoryError:
            raise _FileError(codes.NOT_A_PNG, f"{source} is a folder; name files in it") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise _FileError(
                codes.CANNOT_READ, f"cannot open {source} for reading: {reason}"
            ) from None
        with _failures(codes.NOT_A_PNG):
            return _png(Image.read(Path(source)), source), original

    def _made(self, source: str, image: Image, n_bytes: int) -> Made:
        with _failures(codes.INVALID_VALUE), memory_reported(source):
            try:
                small = made(image, self.wish)
            except QualityError as missed:
                raise _FileError(TOO_LOW, str(missed)) from None
        if self.wish.typed.skip_if_larger and len(small.data) >= n_bytes:
            raise _FileError(
                TOO_LARGE, f"{len(small.data):,} bytes are no less than the {n_bytes:,} there are"
            )
        return small

    def _write(self, target: Path, data: bytes, image: Image, others: list[Path]) -> None:
        def unchanged(_: tuple[bytes, ...]) -> None:
            facts = image.source
            if facts.path is not None and same_file(facts.path, target):
                check_unchanged(facts.path, facts.file_bytes, facts.mtime)

        with _failures(codes.CANNOT_WRITE):
            write_files(
                {target: data}, overwrite=self.wish.typed.force, inputs=others, verify=unchanged
            )

    def _tell(self, line: str) -> None:
        if self.wish.typed.verbose:
            print(one_line(line), file=self._out, flush=True)


def _png(image: Image, name: str) -> Image:
    if image.source.format != "PNG":
        raise InputError(
            f"{name} is not a PNG file but a {image.source.format}; huepress compress takes it"
        )
    return image


@contextmanager
def _failures(code: int) -> Iterator[None]:
    """Turn the library's errors into those of one file."""
    try:
        yield
    except OutputError as error:
        raise _FileError(codes.CANNOT_WRITE, told(str(error))) from None
    except HuepressError as error:
        raise _FileError(code, told(str(error))) from None
    except MemoryError as error:
        raise _FileError(codes.NO_MEMORY, str(explanation(error))) from None


def _totals(n_files: int, n_skipped: int, n_failed: int) -> str:
    """Say in the end what became of the files."""
    if n_failed:
        return (
            f"There were errors quantizing {_files(n_failed)} out of a total of {_files(n_files)}."
        )
    if n_skipped:
        return f"Skipped {_files(n_skipped)} out of a total of {_files(n_files)}."
    return f"Quantized {n_files} image{'s' * (n_files != 1)}."


def _files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"


def _complain(line: str) -> None:
    print(f"  error: {one_line(line)}", file=sys.stderr, flush=True)
