"""`huepress palette`, run as a process: to files and pipes, from pictures with alpha."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from huepress.formats.palettes import read_palette
from program import program

OTHERS = ("hex", "txt", "pal", "aco", "ase", "json", "png")


def palette(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    return program("palette", *arguments, cwd=cwd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with art: a clear ground, a soft edge, and opaque colours."""
    y, x = np.mgrid[:40, :60]
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 0], pixels[..., 2] = 4 * x, 6 * y
    pixels[..., 3] = np.clip(500 - 24 * np.hypot(y - 20, x - 30), 0, 255)
    Image.fromarray(pixels).save(tmp_path / "art.png")
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(tmp_path / "opaque.png")
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    (tmp_path / "out").mkdir()
    return tmp_path


KINDS = ["gpl", "act", *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)]


@pytest.mark.parametrize("kind", KINDS)
def test_standard_output_gets_the_bytes_that_a_file_gets(folder: Path, kind: str) -> None:
    written = palette("opaque.png", "-k", 6, "-o", f"out/opaque.{kind}", cwd=folder)
    assert written.returncode == 0, written.stderr
    piped = palette("opaque.png", "-k", 6, "-o", "-", "--format", kind, cwd=folder)
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert piped.stdout == (folder / "out" / f"opaque.{kind}").read_bytes()


def test_standard_output_is_hex_when_nothing_is_said(folder: Path) -> None:
    run = palette("opaque.png", "-k", 5, "-o", "-", cwd=folder)
    lines = run.stdout.decode().split()
    assert run.returncode == 0
    assert len(lines) == 5
    assert all(len(line) == 6 for line in lines)


@pytest.mark.parametrize("kind", ["gpl", "hex"])
def test_a_palette_without_alpha_leaves_clear_pixels_out_and_says_so(
    folder: Path, kind: str
) -> None:
    run = palette("art.png", "-k", 6, "-o", f"art.{kind}", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert f".{kind} has no alpha, so clear pixels are left out" in run.stdout.decode()
    entries = read_palette(folder / f"art.{kind}").entries
    assert len(entries) == 6
    assert (entries[:, 3] == 255).all()
    # What is left out has no part in the colours either: those of the opaque art, cut at half.
    pixels = np.asarray(Image.open(folder / "art.png")).copy()
    visible = pixels[pixels[..., 3] >= 128][:, :3]
    Image.fromarray(visible[None]).save(folder / "visible.png")
    palette("visible.png", "-k", 6, "-o", f"visible.{kind}", cwd=folder)
    assert read_palette(folder / f"visible.{kind}") == read_palette(folder / f"art.{kind}")
    piped = palette("art.png", "-k", 6, "-o", "-", "--format", kind, cwd=folder)
    assert b"clear pixels are left out" in piped.stderr
    assert len(piped.stdout.split(b"\n")) > 6


def test_a_palette_file_becomes_another_with_every_entry_and_name(folder: Path) -> None:
    text = "GIMP Palette\nName: Sea\n#\n255 0 0\tRöt\n0 0 0\n255 0 0\tagain\n"
    (folder / "a.gpl").write_text(text, encoding="utf-8")
    for before, after in [("a.gpl", "b.ase"), ("b.ase", "c.aco"), ("c.aco", "d.json")]:
        run = palette(before, "-o", after, cwd=folder)
        assert run.returncode == 0, run.stderr
        assert run.stdout.decode() == f"{after}: 3 colours, each at its place\n"
    back = read_palette(folder / "d.json")
    assert (back.hex(), back.names) == (["#ff0000", "#000000", "#ff0000"], ("Röt", "", "again"))
    shown = palette("d.json", cwd=folder).stdout.decode()
    assert shown == "0  #ff0000    Röt\n1  #000000\n2  #ff0000    again\n"
    facts = json.loads(palette("d.json", "--json", cwd=folder).stdout)
    assert facts["names"] == ["Röt", "", "again"]


def test_what_is_lost_in_a_palette_file_is_told(folder: Path) -> None:
    (folder / "a.json").write_text('{"colors": ["#ff0000", "#000"], "names": ["red", ""]}')
    run = palette("a.json", "-o", "a.hex", cwd=folder)
    assert (
        b"a.hex: 2 colours, each at its place; .hex has no names, so 1 are left out" in run.stdout
    )
    run = palette("a.json", "-o", "-", cwd=folder)
    assert (run.stdout, run.stderr) == (
        b"ff0000\n000000\n",
        b"huepress: .hex has no names, so 1 are left out\n",
    )
    (folder / "soft.hex").write_text("ff000080\n")
    run = palette("soft.hex", "-o", "soft.ase", cwd=folder)
    assert run.returncode == 1
    assert b"a Swatch Exchange file has no alpha, and the palette does; use .json" in run.stderr


def test_nothing_is_learned_of_a_palette_file(folder: Path) -> None:
    (folder / "a.hex").write_text("ff0000\n")
    for option in (["-k", 4], ["--pin", "#000"], ["--space", "srgb"]):
        run = palette("a.hex", *option, cwd=folder)
        assert run.returncode == 2
        assert b"is a palette file, of which nothing is learned; leave " in run.stderr


def test_shares_add_up_and_json_counts_what_was_left_out(folder: Path) -> None:
    run = palette("art.png", "-k", 6, "-o", "art.hex", "--json", cwd=folder)
    facts = json.loads(run.stdout)
    alpha = np.asarray(Image.open(folder / "art.png"))[..., 3]
    assert sum(facts["shares"]) == pytest.approx(1)
    assert facts["clear_pixels_left_out"] == (alpha < 128).sum()
    assert facts["soft_pixels_cut"] == ((alpha > 0) & (alpha < 255)).sum()
    shown = json.loads(palette("art.png", "-k", 6, "--json", cwd=folder).stdout)
    assert shown["colors"][0] == "#00000000"
    assert shown["clear_pixels_left_out"] == shown["soft_pixels_cut"] == 0


def test_act_keeps_one_clear_colour_and_json_and_png_every_alpha(folder: Path) -> None:
    for kind in ("act", "json", "png"):
        assert palette("art.png", "-k", 9, "-o", f"out/art.{kind}", cwd=folder).returncode == 0
    act, written, png = (
        read_palette(folder / "out" / f"art.{kind}") for kind in ("act", "json", "png")
    )
    assert sorted(set(act.alpha.tolist())) == [0, 255]
    assert (act.alpha == 0).sum() == 1
    assert len(set(written.alpha.tolist())) > 2
    assert written == png


def test_a_matte_is_laid_under_the_colours_that_are_learned(folder: Path) -> None:
    options = ["--matte", "#ffffff", "--alpha-threshold", 0, "-k", 7]
    assert palette("art.png", *options, "-o", "laid.gpl", cwd=folder).returncode == 0
    pixels = np.asarray(Image.open(folder / "art.png")).astype(float)
    share = pixels[..., 3:] / 255
    laid = np.rint(pixels[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    Image.fromarray(laid).save(folder / "white.png")
    assert palette("white.png", "-k", 7, "-o", "white.gpl", cwd=folder).returncode == 0
    assert read_palette(folder / "laid.gpl") == read_palette(folder / "white.gpl")


def test_a_learned_palette_without_alpha_goes_back_onto_its_picture(folder: Path) -> None:
    palette("art.png", "-k", 6, "-o", "art.hex", cwd=folder)
    run = program("compress", "art.png", "--palette", "art.hex", "-o", "-", cwd=folder)
    assert run.returncode == 0, run.stderr
    out = np.asarray(Image.open(io.BytesIO(run.stdout)).convert("RGBA"))
    alpha = np.asarray(Image.open(folder / "art.png"))[..., 3]
    assert np.array_equal(out[..., 3], np.where(alpha < 128, 0, 255))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.aseprite"], "no suffix of a palette file; use .gpl, .hex"),
        (["-o", "x.gpl", "--format", "hex"], "--format hex ends in .hex"),
        (["--format", "hex"], "say where with -o OUT"),
    ],
)
def test_contradictions_are_found_before_the_work(
    folder: Path, arguments: list[str], message: str
) -> None:
    run = palette("missing.png", *arguments, cwd=folder)
    assert run.returncode == 2
    assert message in run.stderr.decode()
    assert run.stdout == b""


def test_a_picture_without_any_visible_pixel_has_no_colour_to_write(folder: Path) -> None:
    run = palette("clear.png", "-o", "x.hex", cwd=folder)
    assert run.returncode == 1
    assert b"every pixel is clear" in run.stderr
    assert not (folder / "x.hex").exists()
