"""Completion for zsh."""

from __future__ import annotations

from collections.abc import Iterator

from tools.commands.tree import Command, Parameter

HEAD = "#compdef huepress\n# Completion of huepress for zsh, made by `python -m tools.commands`."

TAIL = """\
if [[ $funcstack[1] == _huepress ]]; then
    _huepress "$@"
else
    compdef _huepress huepress
fi
"""


def zsh(program: Command) -> str:
    """Write the function and those that it calls."""
    return "\n".join((HEAD, *(line for each in program.all() for line in _function(each)), TAIL))


def _function(command: Command) -> Iterator[str]:
    yield f"{_name(command)}() {{"
    specs = [_option(option) for option in command.options]
    if command.commands:
        yield "    local curcontext=$curcontext state line"
        yield "    local -a commands=("
        for below in command.commands:
            yield f"        {_quoted(f'{below.words[-1]}:{_plain(below.summary)}')}"
        yield "    )"
        specs += ["'1: :->command'", "'*:: :->arguments'"]
        yield " \\\n        ".join(("    _arguments -C -S", *specs))
        yield "    case $state in"
        yield "        command) _describe -t commands command commands ;;"
        yield "        arguments)"
        yield "            case $line[1] in"
        for below in command.commands:
            yield f"                {below.words[-1]}) {_name(below)} ;;"
        yield "            esac ;;"
        yield "    esac"
    else:
        specs += [_argument(argument) for argument in command.arguments]
        yield " \\\n        ".join(("    _arguments -S", *specs))
    yield "}"


def _name(command: Command) -> str:
    return "_".join(("_huepress", *command.words))


def _option(option: Parameter) -> str:
    told = f"[{_escaped(option.help)}]"
    value = f":{_escaped(option.value)}:{_action(option)}" if option.value else ""
    # One spelling rules the others out, where an option is given once.
    others = "*" if option.repeatable else ""
    if len(option.flags) > 1 and not option.repeatable:
        others = f"({' '.join(option.flags)})"
    joined = {flag: "=" if flag.startswith("--") and value else "" for flag in option.flags}
    return " ".join(_quoted(f"{others}{flag}{sign}{told}{value}") for flag, sign in joined.items())


def _argument(argument: Parameter) -> str:
    star = "*" if argument.repeatable else ""
    return _quoted(f"{star}:{_escaped(argument.value)}:{_action(argument)}")


def _action(parameter: Parameter) -> str:
    if parameter.takes == "choices":
        return f"_values -s , value {' '.join(parameter.choices)}"
    if parameter.choices:
        return f"({' '.join(parameter.choices)})"
    return {"file": "_files", "folder": "_files -/"}.get(parameter.takes, "")


def _escaped(text: str) -> str:
    for sign in ("\\", "[", "]", ":"):
        text = text.replace(sign, f"\\{sign}")
    return _plain(text)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
