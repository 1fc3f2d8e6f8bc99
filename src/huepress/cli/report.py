"""`huepress report`: one page about one compression."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from typer import Context

from huepress.cli.compress import options_of
from huepress.cli.exits import (
    DONE,
    check_stdout,
    file_inputs,
    guarded,
    output_path,
    write_stdout,
)
from huepress.cli.printing import consoles, size
from huepress.common.files import check_targets, write_files
from huepress.errors import OptionError
from huepress.pipeline import compress
from huepress.report import report_html

SUFFIXES = (".html", ".htm")
_OF_THE_PAGE = ("output", "force")


def run(source: str, output: str, settings: dict[str, Any], command: str, *, force: bool) -> int:
    """Compress a picture and write the page about it.

    Parameters
    ----------
    source : str
        The picture, or '-'.
    output : str
        An ``.html`` file; '-' is standard output.
    settings : dict
        Compression options by name, as written.
    command : str
        The command that writes the compressed picture.
    force : bool
        Overwrite the file.

    Returns
    -------
    int
        The exit code.
    """

    def work() -> int:
        if output != "-" and Path(output).suffix.lower() not in SUFFIXES:
            raise OptionError(f"{output!r} does not end in {' or '.join(SUFFIXES)}; end it in one")
        originals = file_inputs(source, settings["palette"])
        if output == "-":
            check_stdout()
        else:
            check_targets([Path(output_path(output))], overwrite=force, inputs=originals)
        options = options_of({**settings, "format": settings["format"] or "png"})
        out, err = consoles()
        progress = Progress(
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        with progress:
            task = progress.add_task("compressing")
            result = compress(
                source,
                options,
                report=lambda line: progress.update(task, description=escape(line)),
            )
            page = report_html(result, command=command).encode(errors="replace")
        if output == "-":
            write_stdout(page)
        else:
            write_files({Path(output): page}, overwrite=force, inputs=originals)
            out.print(f"{output}: {size(len(page))}", markup=False)
        return DONE

    return guarded(work)


def compress_command(context: Context) -> str:
    """Write the `huepress compress` command that has the options of this one.

    Parameters
    ----------
    context : Context
        Of the command line as it was typed.

    Returns
    -------
    str
        For a shell. Of absolute paths only the name is left: a page is passed on, and whose folders
        they are is nobody's business.
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
