"""`huepress report`: one page about one compression."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from typer import Context

from huepress.cli.exits import DONE
from huepress.cli.guard import guarded
from huepress.cli.paths import file_inputs
from huepress.cli.pictures import moves
from huepress.cli.printing import consoles
from huepress.cli.progress import progress
from huepress.cli.target import Target
from huepress.cli.written import Written
from huepress.common.humanize import size
from huepress.errors import OptionError
from huepress.pipeline import compress
from huepress.report.page import report_html

SUFFIXES = (".html", ".htm")
_OF_THE_PAGE = ("output", "force")


def run(source: str, output: str, how: Written, command: str, *, force: bool) -> int:
    """Compress a picture, write the page about it, and return the exit code.

    `command` is what the page says to write the compressed picture with.
    """

    def work() -> int:
        target = Target(output, file_inputs(source, how.palette), force)
        if not target.is_stdout and Path(output).suffix.lower() not in SUFFIXES:
            raise OptionError(f"{output!r} does not end in {' or '.join(SUFFIXES)}; end it in one")
        target.check()
        out, err = consoles()
        with progress(err, "compressing") as bar:
            page = _page(source, how, command, bar.say).encode(errors="replace")
        target.write(page)
        if not target.is_stdout:
            out.print(f"{output}: {size(len(page))}", markup=False)
        return DONE

    return guarded(work)


def _page(source: str, how: Written, command: str, say: Callable[[str], None]) -> str:
    if how.typed.get("frame") is None and moves(source):
        from huepress.cli import report_moving

        return report_moving.page(source, how, command, say)
    result = compress(source, how.options(), on_progress=say)
    return report_html(result, command=command)


def compress_command(context: Context) -> str:
    """Write the `huepress compress` command that has the options that this one was typed with.

    Of absolute paths only the name is left: a page is passed on, and whose folders they are is
    nobody's business.
    """
    words = ["huepress", "compress"]
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name)
        if given is None or given.name != "COMMANDLINE" or name in _OF_THE_PAGE:
            continue
        value = context.params[name]
        values = value if isinstance(value, list | tuple) else [value]
        flags = [parameter.opts[0]] if parameter.param_type_name == "option" else []
        if value is True:
            flags, values = flags[:0], flags
        for one in values:
            path = Path(str(one))
            words += [*flags, path.name if path.is_absolute() else str(one)]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    # Control characters, and bytes that are not UTF-8, as Bash and others take them.
    escaped = os.fsencode(word).decode("latin-1").encode("unicode_escape").decode()
    return f"$'{escaped.replace(chr(39), chr(92) + chr(39))}'"
