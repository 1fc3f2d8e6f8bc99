"""A place in people's builds: pre-commit's hooks and GitHub's action, run as those run them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from program import PROGRAM

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
HOOKS = {each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the steps are written for bash"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def git(folder: Path, *words: str) -> str:
    """Run git as nobody in particular."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    run = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two photographs that can shrink, and what is no picture."""
    from skimage.data import astronaut

    folder = tmp_path / "repository"
    (folder / "assets").mkdir(parents=True)
    photo = PillowImage.fromarray(astronaut()[40:120, 180:280])
    photo.save(folder / "assets" / "a photo.png")
    photo.rotate(90).save(folder / "turned.png")
    (folder / "README.md").write_text("no picture\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def hook(name: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a hook on the files of its type, as `pre-commit run --all-files` does."""
    names = [each for each in git(folder, "ls-files", "-z").split("\0") if each.endswith(".png")]
    entry = shlex.split(HOOKS[name]["entry"])
    assert entry[0] == PROGRAM.name
    assert HOOKS[name]["types"] == ["png"]
    words = [PROGRAM, *entry[1:], *arguments, *names]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def changes(folder: Path) -> list[str]:
    """List what is not as it was committed, and new files."""
    return git(folder, "status", "--porcelain", "-z").split("\0")[:-1]


MENDED = [" M assets/a photo.png", " M turned.png", "?? .huepress-manifest"]


# At a low quality, what was compressed could be compressed again, and again.
@pytest.mark.parametrize("arguments", [[], ["--quality=60"]], ids=["default", "low quality"])
def test_the_hook_that_mends_changes_pictures_once_here_and_in_any_clone(
    arguments: list[str], repository: Path, tmp_path: Path
) -> None:
    run = hook("huepress", repository, *arguments)
    assert run.returncode == 0, run.stderr
    assert changes(repository) == MENDED
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "smaller")
    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    for folder in (repository, tmp_path / "clone"):
        for name in HOOKS:
            again = hook(name, folder, *arguments)
            assert again.returncode == 0, again.stdout + again.stderr
            assert changes(folder) == []


def test_without_its_manifest_a_hook_makes_nothing_of_its_own_smaller_by_a_tenth(
    repository: Path,
) -> None:
    hook("huepress", repository)
    git(repository, "commit", "--quiet", "--all", "--message", "smaller")
    (repository / ".huepress-manifest").unlink()
    hook("huepress", repository)
    assert changes(repository) == ["?? .huepress-manifest"]


def test_the_hook_that_checks_fails_where_pictures_could_shrink_and_changes_nothing(
    repository: Path,
) -> None:
    run = hook("huepress-check", repository)
    assert run.returncode == 1
    assert "assets/a photo.png" in run.stdout
    assert changes(repository) == []


class Runner:
    """What a job of GitHub's has: an environment, and files that steps write to."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder
        self.files = {name: folder / name for name in ("PATH", "OUTPUT", "STEP_SUMMARY")}
        for file in self.files.values():
            file.write_text("")

    def run(self, step: int, workspace: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run a step of the action."""
        given = {name: str(each["default"]) for name, each in ACTION["inputs"].items()} | inputs
        assert given.keys() == ACTION["inputs"].keys()
        values = {f"inputs.{name}": value for name, value in given.items()}
        values["github.action_path"] = str(ROOT)
        asked = ACTION["runs"]["steps"][step]
        assert asked["shell"] == "bash"
        assert "${{" not in asked["run"], "what is put into a script's text, it runs"
        environment = {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda match: values[match[1]], text)
            for name, text in asked["env"].items()
        }
        added = reversed(self.files["PATH"].read_text().splitlines())
        path = [*added, str(Path(sys.executable).parent), os.environ["PATH"]]
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", asked["run"]],
            cwd=workspace,
            env={
                **os.environ,
                **{f"GITHUB_{name}": str(file) for name, file in self.files.items()},
                "RUNNER_TEMP": str(self.temp),
                "PIP_NO_INDEX": "1",
                **environment,
                "PATH": os.pathsep.join(path),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def outputs(self) -> dict[str, str]:
        """Take the last step's outputs."""
        text = self.files["OUTPUT"].read_text()
        self.files["OUTPUT"].write_text("")
        return dict(line.split("=") for line in text.splitlines())


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner after the action's first step, whose pip finds this huepress, and no index."""
    made = Runner(tmp_path_factory.mktemp("runner"))
    words = [sys.executable, "-m", "venv", "--without-pip", made.temp / "huepress"]
    subprocess.run(words, check=True)
    packages = [path for path in sys.path if path.endswith(("site-packages", "src"))]
    (own,) = (made.temp / "huepress" / "lib").glob("python*/site-packages")
    (own / "here.pth").write_text("\n".join(packages))
    run = made.run(0, made.temp)
    assert run.returncode == 0, run.stderr
    return made


def test_the_action_fails_with_a_note_at_each_picture_that_could_be_smaller(
    runner: Runner, repository: Path
) -> None:
    run = runner.run(1, repository, paths="assets\nturned.png\n")
    assert run.returncode == 1, run.stderr
    notes = re.findall(r"^::error file=(.+?)::could save \d+% ", run.stdout, re.MULTILINE)
    assert sorted(notes) == ["assets/a photo.png", "turned.png"]
    said = runner.outputs()
    assert {f"${{{{ steps.run.outputs.{name} }}}}" for name in said} == {
        each["value"] for each in ACTION["outputs"].values()
    }
    assert said["files"] == "2"
    assert int(said["bytes"]) > 1000
    summary = runner.files["STEP_SUMMARY"].read_text()
    assert summary.startswith("**huepress**: 2 of 2 pictures could be smaller\n")
    assert "| `assets/a photo.png` |" in summary
    assert changes(repository) == []


def test_the_action_that_mends_replaces_them_and_then_finds_nothing(
    runner: Runner, repository: Path
) -> None:
    run = runner.run(1, repository, fix="true", options="--quality=60\n")
    assert run.returncode == 0, run.stderr
    assert runner.outputs()["files"] == "2"
    assert changes(repository) == MENDED
    # What is known of the folder is known of each part of it.
    run = runner.run(1, repository, paths="assets\n", options="--quality=60\n")
    assert run.returncode == 0, run.stdout + run.stderr
    assert runner.outputs() == {"files": "0", "bytes": "0"}
