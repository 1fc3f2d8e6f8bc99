"""Completion for fish."""

from __future__ import annotations

from collections.abc import Iterator

from tools.commands.tree import Command, Parameter

HEAD = """\
# Completion of huepress for fish, made by `python -m tools.commands`.
function __huepress_command --description 'The command that is typed, without the program'
    set --local command ''
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]
        switch "$command $word\""""

TAIL = """\
                set command "$command $word"
        end
    end
    echo "$command"
end
complete --command huepress --no-files
"""


def fish(program: Command) -> str:
    """Write the script."""
    return "\n".join(_script(program)) + "\n"


def _script(program: Command) -> Iterator[str]:
    yield HEAD
    commands = list(program.all())
    names = (_quoted(each.path) for each in commands if each.words)
    yield f"            case {' '.join(names)}"
    yield TAIL
    for command in commands:
        start = f"complete -c huepress -n {_quoted(_condition(command))}"
        for below in command.commands:
            yield f"{start} -a {below.words[-1]} -d {_quoted(_plain(below.summary))}"
        if any(argument.takes == "file" for argument in command.arguments):
            yield f"{start} --force-files"
        for option in command.options:
            yield f"{start} {_option(option)}"


def _condition(command: Command) -> str:
    return f'test (__huepress_command) = "{command.path}"'


def _option(option: Parameter) -> str:
    words = [f"-{'l' if flag[1] == '-' else 's'} {flag.lstrip('-')}" for flag in option.flags]
    if option.takes == "file":
        words.append("-r --force-files")
    elif option.takes == "folder":
        words.append("-x -a '(__fish_complete_directories)'")
    elif option.choices:
        words.append(f"-x -a {_quoted(' '.join(option.choices))}")
    elif option.takes == "value":
        words.append("-x")
    words.append(f"-d {_quoted(_plain(option.help))}")
    return " ".join(words)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
