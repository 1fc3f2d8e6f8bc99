"""What `--help` shows of each command; that its examples work is tried on real pictures."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image as PillowImage

from huepress.cli.app import app
from huepress.cli.examples import EXAMPLES
from program import huepress, program

ROOT = typer.main.get_command(app)
COMMANDS = {
    "": ROOT,
    **ROOT.commands,
    **{
        f"{group} {name}": command
        for group, holder in ROOT.commands.items()
        for name, command in getattr(holder, "commands", {}).items()
    },
}
"""Every command by the words that name it, the program by none."""

FEW = 12
"""Options that a help shows in one panel at most."""


def panels(text: str) -> dict[str, str]:
    """Read the panels of a help by their titles."""
    parts = re.split(r"╭─ (.*?) ─*╮", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_ends_with_the_examples_of_its_command(command: str, tmp_path: Path) -> None:
    shown = panels(huepress(*command.split(), "--help", cwd=tmp_path).stdout)
    assert list(shown)[-1] == "Examples"
    said = " ".join(shown["Examples"].replace("│", " ").split())
    for example in EXAMPLES[command]:
        assert " ".join(example.line.split()) in said
        assert f"# {example.does}" in said


def test_commands_and_none_else_have_examples_that_name_them() -> None:
    assert EXAMPLES.keys() == COMMANDS.keys(), "give each command its rows in cli/examples.py"
    for command, examples in EXAMPLES.items():
        assert examples
        for example in examples:
            assert example.line.startswith(f"huepress {command}".strip() + " ")


def test_the_first_help_shows_each_command_in_a_panel_by_its_purpose(tmp_path: Path) -> None:
    shown = panels(huepress("--help", cwd=tmp_path).stdout)
    assert "Commands" not in shown, "give each command a rich_help_panel in cli/app.py"
    for name in ROOT.commands:
        assert sum(f"│ {name} " in panel for panel in shown.values()) == 1, name


@pytest.mark.parametrize("command", COMMANDS)
def test_no_panel_has_more_options_than_one_looks_through(command: str) -> None:
    options = [each for each in COMMANDS[command].params if each.opts[0].startswith("-")]
    shown = [each.rich_help_panel for each in options]
    assert max((shown.count(panel) for panel in shown), default=0) <= FEW


def test_python_runs_the_package_as_the_program(tmp_path: Path) -> None:
    (tmp_path / "dot.ppm").write_bytes(b"P6 2 1 255 abcdef")
    words = [sys.executable, "-m", "huepress", "inspect", "--json"]
    run = subprocess.run([*words, "dot.ppm"], cwd=tmp_path, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (
        0,
        program("inspect", "--json", "dot.ppm", cwd=tmp_path).stdout,
    )
    missing = subprocess.run([*words, "no.png"], cwd=tmp_path, capture_output=True, check=False)
    assert missing.returncode == 1


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the examples name."""
    from skimage.data import astronaut

    folder = tmp_path_factory.mktemp("examples")
    photo = PillowImage.fromarray(astronaut()[60:100, 200:248])
    photo.save(folder / "photo.png")
    photo.rotate(180).save(folder / "map.png")
    photo.resize((24, 20)).resize(photo.size).save(folder / "other.png")
    art = photo.convert("RGBA")
    art.putalpha(PillowImage.fromarray(np.tile(np.arange(48, dtype=np.uint8) * 5, (40, 1))))
    art.save(folder / "art.png")
    turns = [photo.rotate(90 * turn).resize(photo.size) for turn in range(4)]
    turns[0].save(folder / "ball.gif", save_all=True, append_images=turns[1:], duration=80)
    (folder / "shots").mkdir()
    for number, turn in enumerate(turns):
        turn.save(folder / "shots" / f"{number}.png")
    if shutil.which("ffmpeg"):
        words = ["ffmpeg", "-v", "error", "-i", "shots/%d.png", "-pix_fmt", "yuv420p", "clip.mp4"]
        subprocess.run(words, cwd=folder, check=True)
    huepress("compress", "photo.png", "-k", 8, "-o", "photo.npz", cwd=folder)
    huepress("compress", "photo.png", "-k", 8, "-o", "codes.npy", cwd=folder)
    (folder / "codes-labels.png").rename(folder / "labels.png")
    (folder / "assets" / "icons").mkdir(parents=True)
    shutil.copy(folder / "map.png", folder / "assets" / "icons" / "small.png")
    huepress("histogram", "photo.png", "-o", "part.npz", cwd=folder)
    huepress("codebook", "build", "photo.png", "map.png", "-k", 16, "-o", "book.json", cwd=folder)
    huepress("palette", "photo.png", "-k", 4, "-o", "inks.gpl", cwd=folder)
    return folder


LINES = sorted({each.line for examples in EXAMPLES.values() for each in examples})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the lines are a POSIX shell's")
@pytest.mark.parametrize("line", LINES)
def test_an_example_works_as_it_stands(line: str, pictures: Path, tmp_path: Path) -> None:
    if "COMMAND" in line:
        pytest.skip("a pattern, no line")
    if "clip.mp4" in line and not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        pytest.skip("ffmpeg is not installed")
    shutil.copytree(pictures, tmp_path, dirs_exist_ok=True)
    words = shlex.split(line, comments=False)
    if {"<", ">"} & set(words):
        line = line.replace("huepress", f"{shlex.quote(sys.executable)} -m huepress")
        run = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False)
        written = {tmp_path / words[words.index(">") + 1]} if ">" in words else set()
    else:
        each = [sorted(tmp_path.glob(word)) if "*" in word else [word] for word in words[1:]]
        run = program(*(name for names in each for name in names), cwd=tmp_path)
        written = {tmp_path / words[words.index("-o") + 1]} if "-o" in words else set()
    # What `check` looks at could be smaller, and so it says.
    assert run.returncode == (1 if words[1] == "check" else 0), run.stderr.decode()
    for file in written - {tmp_path / "-"}:
        assert file.stat().st_size > 0
