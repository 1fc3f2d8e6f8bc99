"""The manual and the completions of shells: what the code says, and what shells make of them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.commands.__main__ import WRITERS
from tools.commands.tree import program

SHARE = Path(__file__).parent.parent / "share"
BASH, ZSH, FISH = (SHARE / name for name in list(WRITERS)[1:])
MANUAL = SHARE / "man" / "man1" / "huepress.1"
PROGRAM = program()


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_installed_says_what_the_code_says(name: str) -> None:
    written = WRITERS[name](PROGRAM)
    assert (SHARE / name).read_text("utf-8") == written, "run python -m tools.commands"


def test_nothing_else_is_installed() -> None:
    held = {path.relative_to(SHARE).as_posix() for path in SHARE.rglob("*") if path.is_file()}
    assert held == WRITERS.keys()


def test_the_manual_has_every_command_with_each_option_and_example() -> None:
    between = "\\fR, \\fB"
    plain = MANUAL.read_text("utf-8").replace("\\-", "-").replace("\\(aq", "'")
    sections = dict(part.split('"', 1) for part in plain.split('.SS "')[1:])
    for command in PROGRAM.all():
        section = sections[command.name] if command.words else plain
        for option in command.options:
            assert f"\n\\fB{between.join(option.flags)}\\fR" in section
        for example in command.examples:
            assert f"\n\\fB{example.line}\\fR\n" in section


@pytest.mark.parametrize(
    "checked",
    [
        pytest.param(["man", "--warnings", "-l"], marks=needs("man")),
        pytest.param(["mandoc", "-T", "lint", "-W", "style"], marks=needs("mandoc")),
    ],
    ids=["man", "mandoc"],
)
def test_the_manual_gives_no_warning(checked: list[str]) -> None:
    if checked[0] == "man" and not shutil.which("groff"):
        pytest.skip("man has nothing to set pages with")
    run = subprocess.run([*checked, MANUAL], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""


def typed() -> Iterator[tuple[str, set[str]]]:
    """Yield lines that are typed to their last letter, and all that may follow it."""
    for command in PROGRAM.all():
        flags = {flag for option in command.options for flag in option.flags}
        long = {flag for flag in flags if flag.startswith("--")}
        yield f"{command.name} --", long
        yield from ((f"{command.name} {flag[:-1]}", _after(flag[:-1], long)) for flag in long)
        if command.commands:
            yield f"{command.name} ", {below.words[-1] for below in command.commands}
        for option in command.options:
            if option.choices:
                yield f"{command.name} {option.flags[-1]} ", set(option.choices)
    yield "huepress compress photo.png -k 4 --dither ", {"none", "diffusion", "ordered"}
    yield "huepress compress --format=g", {"gif"}
    yield "huepress compress ", {"compare", "palette.gpl", "photo.png", "small/"}
    yield "huepress compare photo.png pal", {"palette.gpl"}
    yield "huepress compress --palette pal", {"palette.gpl"}
    yield "huepress compress --out-dir ", {"small/"}
    yield "huepress plot palette ph", {"photo.png"}


def _after(start: str, words: set[str]) -> set[str]:
    return {word for word in words if word.startswith(start)}


LINES = dict(typed())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, one of them named as a command is."""
    for name in ("photo.png", "palette.gpl", "compare"):
        (tmp_path / name).touch()
    (tmp_path / "small").mkdir()
    return tmp_path


def offered(shell: list[str], script: str, folder: Path) -> list[str]:
    """Run a script of a shell, and read what it prints of each line, line by line."""
    run = subprocess.run(
        [*shell, script], cwd=folder, capture_output=True, text=True, check=True, timeout=300
    )
    assert run.stderr == ""
    return run.stdout.split("\0")[:-1]


def lines() -> str:
    return " ".join(f"'{line}'" for line in LINES)


@needs("bash")
def test_bash_completes_commands_options_values_and_files(folder: Path) -> None:
    # Where the function offers nothing, bash itself takes files, as it was told with -o default.
    script = f"""
        source '{BASH}'
        complete -p huepress | grep -q -- '-o default' || exit 9
        for line in {lines()}; do
            spread=${{line/=/ = }}
            COMP_WORDS=($spread)
            [[ $line == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _huepress
            last=${{COMP_WORDS[COMP_CWORD]}}
            [[ ${{#COMPREPLY[@]}} == 0 ]] && COMPREPLY=($(compgen -f -- "$last"))
            printf '%s\\n' "${{COMPREPLY[@]}}"
            printf '\\0'
        done
    """
    answers = offered(["bash", "--norc", "-c"], script, folder)
    for (line, following), answer in zip(LINES.items(), answers, strict=True):
        assert set(answer.split()) == {word.rstrip("/") for word in following}, line


ZSHRC = """
PROMPT=
unset zle_bracketed_paste
autoload -Uz compinit
compinit -D -u
source '{}'
compadd() {{
    if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- "<"${{^hits}}">"
    builtin compadd "$@"
}}
opened() {{ print -r -- "<<<" }}
closed() {{ print -r -- ">>>"; compprefuncs=(opened); comppostfuncs=(closed) }}
compprefuncs=(opened)
comppostfuncs=(closed)
bindkey '^I' complete-word
LISTMAX=10000
print READY
"""
"""A shell that prints whatever it would offer, between signs."""


@needs("zsh")
@pytest.mark.slow
def test_zsh_completes_commands_options_values_and_files(folder: Path) -> None:
    (folder / ".zshrc").write_text(ZSHRC.format(ZSH))
    script = f"""
        zmodload zsh/zpty
        export TERM=dumb ZDOTDIR=$PWD
        zpty shell zsh -i
        zpty -r shell out '*READY*'
        for line in {lines()}; do
            zpty -n -w shell "$line"$'\\t'
            zpty -r shell out '*>>>*'
            print -rn -- "${{${{out##*<<<}}%%>>>*}}"
            print -n '\\0'
            zpty -n -w shell $'\\x15'
        done
    """
    answers = offered(["zsh", "-f", "-c"], script, folder)
    for (line, following), answer in zip(LINES.items(), answers, strict=True):
        assert set(re.findall("<(.+?)>", answer)) == {word.rstrip("/") for word in following}, line


@needs("fish")
@pytest.mark.slow
def test_fish_completes_commands_options_values_and_files(folder: Path) -> None:
    script = f"""
        source '{FISH}'
        for line in {lines()}
            complete --do-complete "$line"
            printf '\\0'
        end
    """
    answers = offered(["fish", "--no-config", "-c"], script, folder)
    for (line, following), answer in zip(LINES.items(), answers, strict=True):
        words = {row.split("\t")[0].rpartition("=")[2] for row in answer.splitlines()}
        assert words - {"small/"} == following - {"small/"}, line
