"""pngquant's command line: names, streams and exit codes as `benchmarks.pngquant_flags` saw it."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from tests.cases import cases
from tests.program import program

from huepress import Codebook, Histogram, Image, metrics
from huepress.cli.pngquant.quality import error_of, quality_of, score_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows, columns = np.mgrid[:16, :20]
    waves = np.stack([np.sin(rows / a) * 100 + 128 + columns for a in (5, 9, 3)], axis=2)
    photo = PillowImage.fromarray(waves.clip(0, 255).astype(np.uint8))
    for name in ("a.png", "A.PNG", "there.png", "noext"):
        photo.save(tmp_path / name, "PNG", dpi=(300, 300))
    photo.rotate(180).save(tmp_path / "b.png")
    photo.save(tmp_path / "photo.jpg")
    alpha = photo.convert("RGBA")
    alpha.putalpha(PillowImage.fromarray((columns * 13).astype(np.uint8)))
    alpha.save(tmp_path / "art.png")
    PillowImage.fromarray(np.eye(9, dtype=bool)).save(tmp_path / "small.png", optimize=True)
    (tmp_path / "bad.png").write_text("no picture")
    (tmp_path / "folder").mkdir()
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def ran(folder: Path, line: str) -> tuple[int, list[str], bytes, str]:
    """Run a line, and return code, names of files that came or changed, and both streams."""
    before = files(folder)
    done = program("pngquant", *line.split(), cwd=folder)
    changed = [name for name, data in files(folder).items() if before.get(name) != data]
    return done.returncode, sorted(changed), done.stdout, done.stderr.decode()


WRITTEN = [
    ("a.png", "a-fs8.png"),
    ("64 a.png", "a-fs8.png"),
    ("64 -- a.png", "a-fs8.png"),
    ("a.png --speed 10", "a-fs8.png"),
    ("-vfs10 a.png", "a-fs8.png"),
    ("--floyd a.png", "a-fs8.png"),
    ("--floyd=0.5 a.png", "a-fs8.png"),
    ("--floyd=0 a.png", "a-or8.png"),
    ("--nofs a.png", "a-or8.png"),
    ("--ordered a.png", "a-or8.png"),
    ("--speed=11 a.png", "a-or8.png"),
    ("-Q 20-80 a.png", "a-fs8.png"),
    ("--quality -80 a.png", "a-fs8.png"),
    ("--iebug a.png", "a-fs8.png"),
    ("A.PNG", "A-fs8.png"),
    ("noext", "noext-fs8.png"),
    ("--ext .new.png a.png", "a.new.png"),
    ("--ext=-new.png a.png", "a-new.png"),
    ("--ext .png --force a.png", "a.png"),
    ("-o out.png a.png", "out.png"),
    ("-f -o there.png a.png", "there.png"),
    ("-f --output=a.png a.png", "a.png"),
]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param(*case, marks=() if number % 4 == 1 else pytest.mark.slow)
        for number, case in enumerate(WRITTEN)
    ],
)
def test_an_output_has_the_name_that_pngquant_gives_it(line: str, name: str, folder: Path) -> None:
    code, changed, out, err = ran(folder, line)
    assert (code, changed, err) == (0, [name], "")
    assert bool(out) == line.startswith("-v")
    assert Image.read(folder / name).source.format == "PNG"


REFUSED = [
    ("", 1, "no input files"),
    ("--bogus a.png", 1, "--bogus is no option"),
    ("--forc a.png", 1, "--forc is no option"),
    ("-z a.png", 1, "-z is no option"),
    ("--force -f a.png", 1, "given twice"),
    ("--skip-if-larger=1 a.png", 1, "takes no value"),
    ("a.png --quality", 1, "needs a value"),
    ("missing.png", 2, "cannot open missing.png for reading"),
    ("- a.png -f --ext .x", 2, "cannot open -"),
    ("1 a.png", 4, "use 2 to 256"),
    ("257 a.png", 4, "use 2 to 256"),
    ("--quality 80-65 a.png", 4, "the lower one first"),
    ("--quality 101 a.png", 4, "use 0 to 100"),
    ("--quality abc a.png", 4, "write 65-80"),
    ("--quality= a.png", 4, "write 65-80"),
    ("--quality 70.5 a.png", 4, "write 65-80"),
    ("--speed 0 a.png", 4, "1 to 11"),
    ("--speed 12 a.png", 4, "1 to 11"),
    ("--speed 1.5 a.png", 4, "1 to 11"),
    ("--posterize 5 a.png", 4, "0 to 4"),
    ("--floyd=2 a.png", 4, "0 to 1"),
    ("--floyd=x a.png", 4, "0 to 1"),
    ("--map missing.png a.png", 4, "missing.png"),
    ("-o out.png a.png b.png", 4, "one output for 2 inputs"),
    ("-o there.png a.png", 15, "'there.png' exists; not overwriting"),
    ("--ext .png a.png", 15, "'a.png' exists; not overwriting"),
    ("-o none/out.png a.png", 16, "no folder none"),
    ("-f -o folder a.png", 16, "folder is a folder"),
    ("bad.png", 25, "bad.png"),
    ("folder", 25, "folder is a folder"),
    ("photo.jpg", 25, "not a PNG file but a JPEG"),
]


@pytest.mark.parametrize(("line", "code", "said"), REFUSED)
def test_what_pngquant_refuses_has_its_exit_code_and_a_remedy(
    line: str, code: int, said: str, folder: Path
) -> None:
    found, changed, out, err = ran(folder, line)
    assert (found, out) == (code, b"")
    assert changed == (["a.x"] if ".x" in line else [])
    assert err.startswith("  error: ")
    assert said in err


def test_the_last_file_that_fails_decides_and_the_others_are_done(folder: Path) -> None:
    code, changed, _, err = ran(folder, "a.png missing.png b.png --speed 10")
    assert (code, changed) == (2, ["a-fs8.png", "b-fs8.png"])
    assert ran(folder, "missing.png bad.png")[0] == 25
    assert ran(folder, "bad.png missing.png")[0] == 2
    assert len(err.splitlines()) == 1


def test_a_quality_out_of_reach_is_99_and_a_file_that_grows_98(folder: Path) -> None:
    assert ran(folder, "--quality 99-100 4 a.png") == (99, [], b"", "")
    assert ran(folder, "--quality 100 4 a.png missing.png")[0] == 2
    assert ran(folder, "missing.png --quality 100 4")[0] == 2
    assert ran(folder, "--ext -x.png --skip-if-larger small.png")[:2] in [
        (98, []),
        (0, ["small-x.png"]),
    ]
    ran(folder, "-o tight.png small.png")
    assert ran(folder, "--skip-if-larger tight.png") == (98, [], b"", "")
    assert ran(folder, "tight.png")[:2] == (0, ["tight-fs8.png"])


def test_standard_output_gets_the_original_where_nothing_better_is_made(folder: Path) -> None:
    code, changed, out, err = ran(folder, "-v -o - --quality 100 4 a.png")
    assert (code, changed, out) == (99, [], (folder / "a.png").read_bytes())
    assert "4 colours reach a quality of" in err
    ran(folder, "-o tight.png small.png")
    code, _, out, _ = ran(folder, "-o - --skip-if-larger tight.png")
    assert (code, out) == (98, (folder / "tight.png").read_bytes())


@pytest.mark.parametrize("words", [["-"], ["8"], ["-v", "-"], ["-o", "-", "-"]])
@pytest.mark.slow
def test_standard_input_becomes_a_picture_on_standard_output(words: list, folder: Path) -> None:
    command = [sys.executable, "-m", "huepress", "pngquant", "-s", "10"]
    run = subprocess.run(
        [*command, *words],
        cwd=folder,
        input=(folder / "a.png").read_bytes(),
        capture_output=True,
        check=True,
    )
    with PillowImage.open(BytesIO(run.stdout)) as small:
        assert small.size == (20, 16)
        assert len(small.convert("RGB").getcolors()) <= (8 if words == ["8"] else 256)
    assert bool(run.stderr) == ("-v" in words)  # where pngquant mixes it with the picture


def test_the_version_is_that_of_the_pngquant_that_is_followed(folder: Path) -> None:
    for line in ("--version", "-V", "--version a.png"):
        code, changed, out, err = ran(folder, line)
        assert (code, changed, err) == (0, [], "")
        assert out.startswith(b"3.0.3 (huepress ")


def colors_of(path: Path) -> np.ndarray:
    with PillowImage.open(path) as small:
        return np.unique(np.asarray(small.convert("RGBA")).reshape(-1, 4), axis=0)


@pytest.mark.slow
def test_posterized_colours_repeat_their_bits(folder: Path) -> None:
    ran(folder, "--posterize 4 art.png")
    colors = colors_of(folder / "art-fs8.png")
    assert (colors % 17 == 0).all()
    ran(folder, "-f --posterize 3 art.png")
    high = colors_of(folder / "art-fs8.png") >> 3
    assert np.array_equal(colors_of(folder / "art-fs8.png"), high << 3 | high >> 2)


@pytest.mark.slow
def test_a_map_gives_its_colours_and_a_clear_one_where_it_is_missing(folder: Path) -> None:
    ran(folder, "-o few.png 5 b.png")
    few = {tuple(color) for color in colors_of(folder / "few.png")}
    ran(folder, "--map few.png a.png")
    assert {tuple(color) for color in colors_of(folder / "a-fs8.png")} <= few
    ran(folder, "--map few.png art.png")
    assert {tuple(color) for color in colors_of(folder / "art-fs8.png")} <= {*few, (0, 0, 0, 0)}


@pytest.mark.slow
def test_transbug_puts_the_clear_colour_last_and_changes_nothing_else(folder: Path) -> None:
    ran(folder, "-o plain.png 16 art.png")
    ran(folder, "-o last.png --transbug 16 art.png")
    with (
        PillowImage.open(folder / "plain.png") as plain,
        PillowImage.open(folder / "last.png") as last,
    ):
        alphas = last.info["transparency"]
        assert alphas[-1] == 0 == min(alphas)
        assert len(alphas) == len(last.getpalette()) // 3
        assert np.array_equal(np.asarray(plain.convert("RGBA")), np.asarray(last.convert("RGBA")))


@pytest.mark.slow
def test_the_resolution_stays_unless_it_is_stripped(folder: Path) -> None:
    ran(folder, "a.png")
    ran(folder, "-o bare.png --strip a.png")
    with (
        PillowImage.open(folder / "a-fs8.png") as kept,
        PillowImage.open(folder / "bare.png") as bare,
    ):
        assert kept.info["dpi"][0] == pytest.approx(300, abs=0.1)
        assert "dpi" not in bare.info


@pytest.mark.slow
def test_no_output_takes_the_place_of_another_input(folder: Path) -> None:
    for name in ("bb.png", "bbb.png"):
        (folder / name).write_bytes((folder / "a.png").read_bytes())
    code, changed, _, err = ran(folder, "-f --ext b.png bb.png bbb.png")
    assert (code, changed) == (16, ["bbbb.png"])
    assert "bbb.png is an input itself" in err


def test_a_name_that_begins_with_a_dash_stands_behind_two(folder: Path) -> None:
    (folder / "a.png").rename(folder / "-a.png")
    assert ran(folder, "-s10 -- -a.png")[:2] == (0, ["-a-fs8.png"])


@pytest.mark.slow
def test_a_number_of_colours_bounds_them_and_a_quality_is_a_score(folder: Path) -> None:
    ran(folder, "7 a.png")
    assert len(colors_of(folder / "a-fs8.png")) <= 7
    ran(folder, "-f 0 a.png")
    assert len(colors_of(folder / "a-fs8.png")) > 7
    ran(folder, "--quality 0- -o good.png a.png")
    score = metrics.ssimulacra2(Image.read(folder / "a.png"), Image.read(folder / "good.png"))
    assert score >= score_of(90)


@cases(60)
@given(st.integers(0, 99))
def test_a_higher_quality_is_a_higher_score_and_a_lower_error(quality: int) -> None:
    assert score_of(quality) < score_of(quality + 1)
    assert 0 <= score_of(quality) <= 100
    for kind in ("photograph", "drawing", "art"):
        errors = np.geomspace(0.1, 500, 40)
        found = [quality_of(error, kind) for error in errors]
        assert found == sorted(found, reverse=True)


@cases(30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 4]))
@example(23364, 4)  # an opaque code, and no opaque pixel
def test_the_error_is_that_over_black_and_white(seed: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (6, 7, channels), np.uint8)
    color = rng.integers(1, 256, (1, channels), np.uint8)

    def over(colors: np.ndarray, back: int) -> np.ndarray:
        if channels == 3:
            return colors.astype(float)
        share = colors[..., 3:] / 255
        return colors[..., :3] * share + back * (1 - share)

    errors = [((over(pixels, b) - over(color, b)) ** 2).sum(axis=2).mean() for b in (0, 255)]
    found = error_of(Histogram.of(pixels), Codebook(color))
    assert found == pytest.approx(np.mean(errors), rel=0.01)
