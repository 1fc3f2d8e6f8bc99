"""`huepress report`: one page about one compression."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from typer import Context

from huepress.cli.compressing import options_of
from huepress.cli.report import consoles, size
from huepress.cli.running import DONE, guarded, write_stdout
from huepress.errors import OptionError
from huepress.files import write_files
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
            page = report_html(result, command=command).encode()
        if output == "-":
            write_stdout(page)
        else:
            original = None if source == "-" else Path(source)
            write_files({Path(output): page}, overwrite=force, source=original)
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
        For a shell.
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
            words += [*flags, str(one)]
    return shlex.join(words)
