"""`huepress plot` and `huepress animate`, run as a process on real files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from program import huepress, program

# tests/test_viz.py draws each kind; one through the command is enough at every change.
KINDS = ["palette"]
KINDS += [
    pytest.param(kind, marks=pytest.mark.slow)
    for kind in ("compare", "colors3d", "trajectories", "elbow", "frontier", "labels")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from skimage.data import astronaut

    photo = PillowImage.fromarray(astronaut()[:80, 100:220])
    photo.save(tmp_path / "photo.png")
    photo.transpose(PillowImage.Transpose.FLIP_TOP_BOTTOM).save(tmp_path / "other.png")
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_figure_is_written(kind: str, folder: Path) -> None:
    few = ["-k", "2,8"] if kind in ("elbow", "frontier") else ["-k", "8"]
    run = huepress("plot", kind, "photo.png", *few, "-o", "figure.png", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("figure.png: ")
    with PillowImage.open(folder / "figure.png") as figure:
        assert min(figure.size) > 200


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), pytest.param("pdf", b"%PDF", marks=pytest.mark.slow)]
)
def test_the_suffix_chooses_the_format(suffix: str, start: bytes, folder: Path) -> None:
    target = folder / f"figure.{suffix}"
    assert huepress("plot", "palette", "photo.png", "-o", target, cwd=folder).returncode == 0
    assert target.read_bytes().startswith(start)


@pytest.mark.slow
def test_colours_in_space_can_be_a_page(folder: Path) -> None:
    run = huepress("plot", "colors3d", "photo.png", "-o", "colours.html", cwd=folder)
    assert run.returncode == 0, run.stderr
    page = (folder / "colours.html").read_text()
    assert "<title>photo.png</title>" in page
    assert "<script src" not in page
    run = huepress("plot", "palette", "photo.png", "-o", "palette.html", cwd=folder)
    assert run.returncode == 2
    assert "end in .png, .svg, .pdf" in run.stderr


@pytest.mark.slow
def test_several_numbers_of_colours_make_a_grid(folder: Path) -> None:
    one = huepress("plot", "compare", "photo.png", "-k", 4, "-o", "one.svg", cwd=folder)
    many = huepress("plot", "compare", "photo.png", "-k", "2,4,8", "-o", "many.svg", cwd=folder)
    assert (one.returncode, many.returncode) == (0, 0)
    count = (folder / "many.svg").read_text().count("<image")
    assert (count, (folder / "one.svg").read_text().count("<image")) == (4, 3)


def test_two_pictures_are_compared_as_they_are(folder: Path) -> None:
    run = huepress("plot", "compare", "photo.png", "other.png", "-o", "both.png", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.slow
def test_a_palette_of_several_pictures_is_theirs_together(folder: Path) -> None:
    run = huepress("plot", "palette", "photo.png", "other.png", "-o", "p.png", cwd=folder)
    assert run.returncode == 0, run.stderr
    with (
        PillowImage.open(folder / "photo.png") as one,
        PillowImage.open(folder / "other.png") as two,
    ):
        rows = np.concatenate([np.asarray(one), np.asarray(two)])
    PillowImage.fromarray(rows).save(folder / "both.png")
    both = huepress("plot", "palette", "both.png", "-o", "together.png", cwd=folder)
    assert both.returncode == 0
    # One picture of all their pixels has the same codebook and the same shares.
    assert (folder / "p.png").read_bytes() == (folder / "together.png").read_bytes()


def test_a_figure_goes_to_a_pipe(folder: Path) -> None:
    run = program("plot", "labels", "photo.png", "-o", "-", cwd=folder)
    assert run.stdout.startswith(b"\x89PNG")


def test_an_existing_file_is_overwritten_only_when_told(folder: Path) -> None:
    (folder / "figure.png").write_bytes(b"mine")
    arguments = ("plot", "palette", "photo.png", "-o", "figure.png")
    run = huepress(*arguments, cwd=folder)
    assert run.returncode == 1
    assert "exists" in run.stderr
    assert (folder / "figure.png").read_bytes() == b"mine"
    assert huepress(*arguments, "--force", cwd=folder).returncode == 0
    assert {path.name for path in folder.iterdir()} == {"photo.png", "other.png", "figure.png"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["elbow", "photo.png", "-k", "two"], "is no list of whole numbers"),
        (["elbow", "photo.png", "other.png"], "give one"),
        (["elbow", "photo.png", "-k", "2,4", "--chosen", "3"], "no result has k=3"),
        (["palette", "photo.png", "-k", "2,4"], "this figure shows one"),
        (["compare", "photo.png", "other.png", "photo.png"], "3 pictures"),
        (["palette", "photo.png", "-k", "0"], "k=0 is out of range"),
    ],
)
def test_wrong_usage_exits_2_and_writes_nothing(
    arguments: list[str], message: str, folder: Path
) -> None:
    run = huepress("plot", *arguments, "-o", "figure.png", cwd=folder)
    assert run.returncode == 2
    assert message in run.stderr
    assert not (folder / "figure.png").exists()


def test_a_missing_picture_exits_1(folder: Path) -> None:
    assert huepress("plot", "labels", "none.png", "-o", "f.png", cwd=folder).returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["gif", "webp", "apng"])
def test_animate_writes_a_moving_picture(suffix: str, folder: Path) -> None:
    target = f"work.{suffix}"
    options = ["-k", 4, "--width", 320, "--seeding", "random", "--max-iter", 3]
    run = huepress("animate", "photo.png", *options, "-o", target, cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    with PillowImage.open(folder / target) as file:
        assert file.n_frames == 4
        assert file.width == 320


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "target"),
    [(["animate"], "work.gif"), (["plot", "trajectories"], "figure.png")],
    ids=["animate", "trajectories"],
)
def test_what_shows_movement_starts_at_random_unless_told(
    command: list[str], target: str, folder: Path
) -> None:
    def made(*options: str) -> bytes:
        run = program(*command, "photo.png", "-k", 4, *options, "-o", "-", cwd=folder)
        assert run.returncode == 0
        (folder / target).write_bytes(run.stdout)
        return run.stdout

    settled = made("--seeding", "principal-axis")
    frames = n_frames(folder / target)
    assert made() == made("--seeding", "random") != settled
    assert target == "figure.png" or n_frames(folder / target) >= 2 * frames


def n_frames(path: Path) -> int:
    with PillowImage.open(path) as file:
        return getattr(file, "n_frames", 1)


def test_animate_knows_its_formats(folder: Path) -> None:
    run = huepress("animate", "photo.png", "-o", "work.avi", cwd=folder)
    assert run.returncode == 2
    assert "end in .gif, .webp, .apng, .png, .mp4" in run.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("matplotlib", ["plot", "palette", "photo.png", "-o", "figure.png"]),
        ("matplotlib", ["animate", "photo.png", "-o", "work.gif"]),
        ("plotly", ["plot", "colors3d", "photo.png", "-o", "figure.html"]),
    ],
)
def test_without_the_extra_it_says_how_to_get_it(
    missing: str, arguments: list[str], folder: Path
) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from huepress.cli.start import run; "
    code += "sys.exit(run())"
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert f"need {missing}; pip install 'huepress[viz]'" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_picture_of_an_npz_container_can_be_compared(folder: Path) -> None:
    huepress("compress", "photo.png", "-k", 4, "-o", "small.npz", "--allow-larger", cwd=folder)
    run = huepress("plot", "compare", "photo.png", "small.npz", "-o", "both.png", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert np.asarray(PillowImage.open(folder / "both.png")).std() > 10
