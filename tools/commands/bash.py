"""Completion for bash, from version 3.2 on, which macOS has."""

from __future__ import annotations

from collections.abc import Iterator

from tools.commands.tree import Command

HEAD = """\
# Completion of huepress for bash, made by `python -m tools.commands`.
_huepress() {
    local IFS=$' \\t\\n' current=${COMP_WORDS[COMP_CWORD]} before command='' word values=''
    before=${COMP_WORDS[COMP_CWORD - 1]}
    # In --option=value the sign is a word too.
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
        case "$command $word" in"""

AFTER_COMMAND = """\
                command="$command $word" ;;
        esac
    done
    COMPREPLY=()
    # Where nothing is offered, bash completes names of files.
    case "$command $before" in"""

AFTER_VALUES = """\
    esac
    if [[ -z $values ]]; then
        case "$command" in"""

TAIL = """\
        esac
    fi
    COMPREPLY=($(compgen -W "$values" -- "$current"))
}
complete -o bashdefault -o default -F _huepress huepress
"""


def bash(program: Command) -> str:
    """Write the script."""
    return "\n".join(_script(program))


def _script(program: Command) -> Iterator[str]:
    commands = list(program.all())
    yield HEAD
    named = " | ".join(_quoted(each.path) for each in commands if each.words)
    yield f"            {named})"
    yield AFTER_COMMAND
    for command in commands:
        for option in command.options:
            if option.takes == "folder":
                done = "IFS=$'\\n' COMPREPLY=($(compgen -d -- \"$current\")); return"
            elif option.choices:
                done = f"values={_quoted(' '.join(option.choices))}"
            else:
                continue
            patterns = (_quoted(f"{command.path} {flag}") for flag in option.flags)
            yield f"        {' | '.join(patterns)}) {done} ;;"
    yield AFTER_VALUES
    for command in commands:
        flags = " ".join(flag for option in command.options for flag in option.flags)
        yield f"            {_quoted(command.path)})"
        if command.commands:
            words = " ".join(below.words[-1] for below in command.commands)
            yield f"                values={_quoted(words)}"
            yield f"                [[ $current == -* ]] && values={_quoted(flags)} ;;"
        else:
            yield "                [[ $current == -* ]] || return"
            yield f"                values={_quoted(flags)} ;;"
    yield TAIL


def _quoted(text: str) -> str:
    return f"'{text}'"
