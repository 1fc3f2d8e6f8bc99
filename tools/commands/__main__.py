"""`python -m tools.commands` writes what `share/` holds, at the places where wheels install it."""

from __future__ import annotations

from pathlib import Path

from tools.commands.bash import bash
from tools.commands.fish import fish
from tools.commands.manual import manual
from tools.commands.tree import program
from tools.commands.zsh import zsh

WRITERS = {
    "man/man1/huepress.1": manual,
    "bash-completion/completions/huepress": bash,
    "zsh/site-functions/_huepress": zsh,
    "fish/vendor_completions.d/huepress.fish": fish,
}


def main() -> None:
    """Write all files anew."""
    share = Path(__file__).parents[2] / "share"
    commands = program()
    for name, write in WRITERS.items():
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        (share / name).write_text(write(commands), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
