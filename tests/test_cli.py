"""The command line, run as a process on real files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

import program
from program import PROGRAM


def huepress(*arguments: object, cwd: Path, **options: object) -> subprocess.CompletedProcess:
    """Run the program: in a process of its own where options say how it starts."""
    if not options:
        return program.huepress(*arguments, cwd=cwd)
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text="input" not in options,
        check=False,
        **options,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a photograph, a picture with alpha and an icon of few colours."""
    from skimage.data import astronaut

    photo = PillowImage.fromarray(astronaut()[:96, 144:288])
    photo.save(tmp_path / "photo.png")
    clear = photo.convert("RGBA")
    fade = np.tile(np.linspace(0, 255, 144).astype(np.uint8), (96, 1))
    clear.putalpha(PillowImage.fromarray(fade))
    clear.save(tmp_path / "art.png")
    icon = np.random.default_rng(0).choice([0, 90, 255], (64, 64, 3)).astype(np.uint8)
    PillowImage.fromarray(icon).save(tmp_path / "icon.bmp")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_compress_writes_a_smaller_palette_png_beside_the_input(folder: Path) -> None:
    before = (folder / "photo.png").read_bytes()
    run = huepress("compress", "photo.png", "-k", 16, cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "photo-small.png" in run.stdout
    assert "PSNR" in run.stdout
    with PillowImage.open(folder / "photo-small.png") as small:
        assert small.mode == "P"
        assert len(small.convert("RGB").getcolors()) == 16
    assert (folder / "photo-small.png").stat().st_size < len(before) / 3
    assert (folder / "photo.png").read_bytes() == before
    assert files(folder) == {"photo.png", "art.png", "icon.bmp", "photo-small.png"}


FORMATS = ["png", "webp", "gif", "png24", "npz", "npy"]
DITHERS = ["none", "diffusion", "diffusion:0.5", "ordered"]
# Every format and every way to dither at every change, all their pairs with the slow tests.
PAIRS = [
    pytest.param(name, dither, marks=[pytest.mark.slow] * (name != "png" and dither != "none"))
    for name in FORMATS
    for dither in DITHERS
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dither"), PAIRS)
def test_every_format_decompresses_to_what_json_measured(
    folder: Path, name: str, dither: str
) -> None:
    options = ["-k", 32, "--dither", dither, "--format", name, "--json", "--allow-larger"]
    run = huepress("compress", "photo.png", *options, cwd=folder)
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert facts["codes"] <= facts["k"] == 32
    assert facts["format"] == name
    outputs = [facts["output"]] if isinstance(facts["output"], str) else facts["output"]
    assert facts["output_bytes"] == sum((folder / path).stat().st_size for path in outputs)
    back = huepress("decompress", outputs[0], "-o", "back.png", cwd=folder)
    assert back.returncode == 0, back.stderr
    compared = huepress("compare", "photo.png", "back.png", "--json", cwd=folder)
    assert json.loads(compared.stdout)["mse"] == facts["mse"]


def test_auto_writes_the_smaller_of_png_and_webp(folder: Path) -> None:
    sizes = {}
    for name in ("png", "webp", "auto"):
        options = ["-k", 32, "--format", name, "--out-dir", name, "--json"]
        facts = json.loads(huepress("compress", "photo.png", *options, cwd=folder).stdout)
        sizes[name] = facts["output_bytes"]
        if name == "auto":
            assert facts["output"].endswith("." + facts["format"])
            assert (folder / facts["output"]).stat().st_size == facts["output_bytes"]
    assert sizes["auto"] == min(sizes["png"], sizes["webp"])


def test_compare_tells_the_contours_of_a_posterised_sky(tmp_path: Path) -> None:
    sky = np.repeat(np.linspace(90, 190, 128).astype(np.uint8), 128).reshape(128, 128)
    PillowImage.fromarray(sky).save(tmp_path / "sky.png")
    PillowImage.fromarray(sky // 16 * 16 + 8).save(tmp_path / "bands.png")
    run = huepress("compare", "sky.png", "bands.png", "--json", cwd=tmp_path)
    assert json.loads(run.stdout)["banding"] > 5
    text = huepress("compare", "sky.png", "bands.png", cwd=tmp_path)
    assert "contours" in text.stdout
    assert "strong" in text.stdout
    same = huepress("compare", "sky.png", "sky.png", cwd=tmp_path)
    assert "none visible" in same.stdout


def test_a_quality_or_a_size_is_met(folder: Path) -> None:
    run = huepress("compress", "photo.png", "--quality", "60", "-o", "q.png", "--json", cwd=folder)
    assert json.loads(run.stdout)["ssimulacra2"] >= 60
    compared = huepress("compare", "photo.png", "q.png", "--json", cwd=folder)
    assert json.loads(compared.stdout)["ssimulacra2"] >= 60
    sized = huepress("compress", "photo.png", "--target-size", "9k", "-o", "s.png", cwd=folder)
    assert sized.returncode == 0, sized.stderr
    assert (folder / "s.png").stat().st_size <= 9000


def test_an_unreachable_minimum_fails_as_pngquant_does_when_asked(folder: Path) -> None:
    wish = ["compress", "photo.png", "-k", 2, "--quality", "90-95"]
    run = huepress(*wish, cwd=folder)
    assert run.returncode == 1
    assert "at least 90 was asked" in run.stderr
    assert huepress(*wish, "--pngquant-exit-codes", cwd=folder).returncode == 99


@pytest.mark.slow
def test_explain_shows_the_curve_and_what_moved(folder: Path) -> None:
    options = ["--quality", "60", "--explain", "--plot", "curve.svg", "-o", "q.png"]
    run = huepress("compress", "photo.png", *options, cwd=folder)
    assert run.returncode == 0, run.stderr
    assert "size and quality" in run.stdout
    assert "moved most" in run.stdout
    assert b"<svg" in (folder / "curve.svg").read_bytes()


def test_json_has_the_promised_fields(folder: Path) -> None:
    run = huepress("compress", "photo.png", "icon.bmp", "--json", cwd=folder)
    told = {facts["input"]: facts for facts in map(json.loads, run.stdout.splitlines())}
    first, second = told["photo.png"], told["icon.bmp"]
    promised = {
        "input", "output", "format", "width", "height", "input_bytes", "output_bytes",
        "distinct_colors", "k", "codes", "mse", "psnr", "iterations", "converged", "seconds",
    }  # fmt: skip
    assert promised <= first.keys()
    assert promised <= second.keys()
    assert (second["mse"], second["psnr"]) == (0, None)
    assert second["codes"] == second["distinct_colors"] == 27
    assert first["width"] * first["height"] == 144 * 96


@pytest.mark.slow
def test_several_inputs_end_in_a_line_of_totals(folder: Path) -> None:
    run = huepress("compress", "photo.png", "art.png", "--out-dir", "out/small", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert files(folder) >= {"out/small/photo.png", "out/small/art.png"}
    assert run.stdout.splitlines()[-1].startswith("2 written: ")


def test_one_bad_input_fails_alone(folder: Path) -> None:
    (folder / "broken.png").write_bytes((folder / "photo.png").read_bytes()[:5000])
    run = huepress("compress", "photo.png", "broken.png", "art.png", "-k", 8, cwd=folder)
    assert run.returncode == 1
    assert "broken.png" in run.stderr
    assert files(folder) >= {"photo-small.png", "art-small.png"}
    assert "broken-small.png" not in files(folder)
    assert "1 failed" in run.stdout


@pytest.mark.slow
def test_pipes_carry_a_picture_in_and_a_picture_out(folder: Path) -> None:
    data = (folder / "photo.png").read_bytes()
    run = huepress("compress", "-", "-k", 16, cwd=folder, input=data)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(b"\x89PNG")
    filed = huepress("compress", "photo.png", "-k", 16, "-o", "-", cwd=folder, input=b"")
    assert filed.stdout == run.stdout
    back = huepress("decompress", "-", "-o", "-", cwd=folder, input=run.stdout)
    assert back.stdout.startswith(b"\x89PNG"), back.stderr


@pytest.mark.slow
def test_threads_and_a_second_run_change_no_byte(folder: Path) -> None:
    outputs = set()
    for threads in (1, 2, 3, 7, 1):
        options = ["-k", 64, "--dither", "diffusion", "--threads", threads, "-o", "-"]
        outputs.add(huepress("compress", "art.png", *options, cwd=folder, input=b"").stdout)
    assert len(outputs) == 1


def test_an_existing_output_is_never_overwritten_without_force(folder: Path) -> None:
    (folder / "photo-small.png").write_text("precious")
    run = huepress("compress", "photo.png", cwd=folder)
    assert run.returncode == 1
    assert "photo-small.png" in run.stderr
    assert "--force" in run.stderr
    assert (folder / "photo-small.png").read_text() == "precious"
    assert huepress("compress", "photo.png", "--force", cwd=folder).returncode == 0
    assert (folder / "photo-small.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_original_is_kept_when_the_result_would_be_larger(folder: Path) -> None:
    with PillowImage.open(folder / "photo.png") as photo:
        photo.save(folder / "photo.jpg", quality=30)
    run = huepress("compress", "photo.jpg", cwd=folder)
    assert run.returncode == 0
    assert "would not be smaller" in run.stdout
    assert "photo-small.png" not in files(folder)
    assert huepress("compress", "photo.jpg", "--allow-larger", cwd=folder).returncode == 0
    assert "photo-small.png" in files(folder)


def test_the_original_is_kept_when_too_little_would_be_saved(folder: Path) -> None:
    before = (folder / "photo.png").stat().st_size
    facts = json.loads(huepress("compress", "photo.png", "-k", 16, "--json", cwd=folder).stdout)
    most = 100 - 100 * facts["output_bytes"] / before
    for share, fits in ((most - 0.1, True), (most + 0.1, False)):
        (folder / "photo-small.png").unlink(missing_ok=True)
        words = "-k", 16, "--can-save", f"{share:.2f}%"
        run = huepress("compress", "photo.png", *words, cwd=folder)
        assert run.returncode == 0
        assert ("photo-small.png" in files(folder)) == fits
        assert (f"would not be {float(f'{share:.2f}'):g} % smaller" in run.stdout) != fits


@pytest.mark.parametrize("share", ["0", "100%", "-5%", "much", "1e9"])
def test_what_is_no_share_of_a_file_is_a_usage_error(folder: Path, share: str) -> None:
    for command in ("compress", "check"):
        run = huepress(command, "photo.png", f"--can-save={share}", cwd=folder)
        assert run.returncode == 2
        assert run.stderr == (f"huepress: --can-save {share} is not a share of a file; write 10%\n")
    run = huepress("compress", "photo.png", "--can-save=9%", "--allow-larger", cwd=folder)
    assert run.returncode == 2
    assert "give one of them" in run.stderr


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that lost much already, and that no palette can beat."""
    from skimage.data import astronaut

    folder = tmp_path_factory.mktemp("camera")
    photo = PillowImage.fromarray(astronaut()[:256, 100:388])
    photo.save(folder / "photo.jpg", quality=60)
    photo.save(folder / "photo.webp", quality=50)
    photo.convert("L").save(folder / "grey.jpg", quality=60)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photo.jpg", "photo.webp", "grey.jpg"])
def test_a_file_that_no_palette_can_beat_is_kept_without_a_search(camera: Path, name: str) -> None:
    run = huepress("compress", name, "--json", cwd=camera)
    facts, before = json.loads(run.stdout), (camera / name).stat().st_size
    assert (run.returncode, facts["status"], facts["output"]) == (0, "kept", None)
    assert facts["forecast_bytes"] >= 1.5 * before == 1.5 * facts["input_bytes"]
    assert (facts["width"], facts["height"]) == (288, 256)
    assert [facts[key] for key in ("output_bytes", "ssimulacra2", "codes")] == [None] * 3
    run = huepress("compress", name, "--pngquant-exit-codes", cwd=camera)
    assert run.returncode == 98
    assert "would not be smaller" in run.stdout
    assert "told by a sample" in run.stdout
    assert files(camera) == {"photo.jpg", "photo.webp", "grey.jpg"}


def test_without_a_search_a_copy_is_made_where_a_file_of_the_format_is_expected(
    camera: Path, tmp_path: Path
) -> None:
    run = huepress("compress", "photo.webp", "-o", tmp_path / "out.webp", "--json", cwd=camera)
    facts = json.loads(run.stdout)
    assert (facts["status"], facts["output_bytes"]) == ("copied", None)
    assert (tmp_path / "out.webp").read_bytes() == (camera / "photo.webp").read_bytes()
    run = huepress("compress", "photo.jpg", "grey.jpg", "--out-dir", tmp_path, cwd=camera)
    assert "2 kept as they were" in run.stdout
    assert files(tmp_path) == {"out.webp", ".huepress-manifest"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "wish",
    [
        ["--allow-larger"],
        ["--explain"],
        ["--quality", "20-60"],
        ["--target-size", "9k"],
        ["--matte", "fff"],
        ["--dither", "none", "--quality", "60"],
    ],
    ids=lambda wish: wish[0],
)
def test_who_asks_for_more_than_the_least_bytes_of_a_score_gets_the_search(
    camera: Path, tmp_path: Path, wish: list[str]
) -> None:
    (tmp_path / "photo.jpg").write_bytes((camera / "photo.jpg").read_bytes())
    run = huepress("compress", "photo.jpg", "--effort", "fast", "--json", *wish, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout.splitlines()[0])
    assert facts["forecast_bytes"] is None
    assert facts["output_bytes"] > 0


def test_standard_output_takes_what_is_larger_too(camera: Path) -> None:
    run = program.program("compress", "photo.jpg", "--effort", "fast", "-o", "-", cwd=camera)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(b"\x89PNG")
    assert len(run.stdout) > (camera / "photo.jpg").stat().st_size


def test_a_named_output_gets_a_copy_when_the_result_would_be_larger(folder: Path) -> None:
    assert huepress("compress", "photo.png", "-k", 8, cwd=folder).returncode == 0
    run = huepress("compress", "photo-small.png", "-o", "again.png", "--effort", "fast", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert (folder / "again.png").stat().st_size <= (folder / "photo-small.png").stat().st_size


def test_a_few_colours_come_out_lossless(folder: Path) -> None:
    assert huepress("compress", "icon.bmp", cwd=folder).returncode == 0
    with (
        PillowImage.open(folder / "icon-small.png") as small,
        PillowImage.open(folder / "icon.bmp") as icon,
    ):
        assert np.array_equal(np.asarray(small.convert("RGB")), np.asarray(icon))


def test_pinned_colours_and_palettes_come_out_exactly(folder: Path) -> None:
    run = huepress("compress", "photo.png", "-k", 8, "--pin", "#e2001a", cwd=folder)
    assert run.returncode == 0, run.stderr
    (folder / "brand.hex").write_text("000000\nffffff\ne2001a\n")
    run = huepress(
        "compress", "photo.png", "--palette", "brand.hex", "-o", "b.png", "--json", cwd=folder
    )
    assert json.loads(run.stdout)["codes"] == 3
    with PillowImage.open(folder / "b.png") as picture:
        assert picture.getpalette()[:9] == [0, 0, 0, 255, 255, 255, 0xE2, 0, 0x1A]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["gpl", "hex", "act", "json", "png"])
def test_a_learned_palette_can_be_used_again(folder: Path, suffix: str) -> None:
    run = huepress("palette", "photo.png", "-k", 8, "-o", f"p.{suffix}", cwd=folder)
    assert run.returncode == 0, run.stderr
    run = huepress("compress", "photo.png", "--palette", f"p.{suffix}", "--json", cwd=folder)
    assert json.loads(run.stdout)["codes"] == 8


def test_palette_shows_shares_that_add_up(folder: Path) -> None:
    run = huepress("palette", "photo.png", "-k", 8, "--json", cwd=folder)
    facts = json.loads(run.stdout)
    assert len(facts["colors"]) == facts["codes"] == 8
    assert sum(facts["shares"]) == pytest.approx(1)
    shown = huepress("palette", "photo.png", "-k", 8, cwd=folder)
    assert all(color in shown.stdout for color in facts["colors"])


def test_inspect_counts_bits(folder: Path) -> None:
    run = huepress("inspect", "icon.bmp", "--json", cwd=folder)
    facts = json.loads(run.stdout)
    assert facts["distinct_colors"] == 27
    assert facts["raw_bits"] == 64 * 64 * 24
    assert facts["indexed_bits"] == 27 * 24 + 64 * 64 * 5
    assert facts["entropy_bits"] <= 64 * 64 * 5
    assert facts["file_bytes"] == (folder / "icon.bmp").stat().st_size
    assert "distinct colours" in huepress("inspect", "icon.bmp", cwd=folder).stdout


def test_preserve_keeps_the_modification_time(folder: Path) -> None:
    os.utime(folder / "photo.png", (10**9, 10**9))
    assert huepress("compress", "photo.png", "--preserve", cwd=folder).returncode == 0
    assert (folder / "photo-small.png").stat().st_mtime == 10**9


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["photo.png", "-k", "0"], 2, "k=0 is out of range; use 1 to 65536"),
        (["photo.png", "-k", "300"], 2, "k=300 exceeds the 256 colours of a PNG palette"),
        (["photo.png", "-k", "300", "--format", "gif"], 2, "256 colours"),
        (["missing.png"], 1, "missing.png"),
        ([".", "-o", "x.png"], 2, "--out-dir"),
        (["photo.png", "-"], 2, "give it alone"),
        (["photo.png", "art.png", "--explain"], 2, "give one input"),
        (["empty.png"], 1, "empty"),
        (["text.png"], 1, "text.png"),
        (["anim.gif", "--format", "png24"], 2, "--frame"),
        (["photo.png", "-o", "nowhere/x.png"], 1, "nowhere"),
        (["photo.png", "-o", "x.jpg"], 2, ".png"),
        (["photo.png", "-o", "x.png", "--format", "webp"], 2, ".webp"),
        (["photo.png", "art.png", "-o", "x.png"], 2, "--out-dir"),
        (["photo.png", "photo.bmp", "--out-dir", "out"], 2, "both become"),
        (["photo.png", "--dither", "noise"], 2, "dither 'noise' is unknown"),
        (["photo.png", "--dither", "diffusion:much"], 2, "diffusion:0.5"),
        (["photo.png", "--dither", "diffusion:2"], 2, "use 0 to 1"),
        (["photo.png", "--pin", "red"], 2, "'red' is not a colour"),
        (["photo.png", "--keep", "soul"], 2, "cannot keep soul"),
        (["photo.png", "--quality", "good"], 2, "write 75 or 60-80"),
        (["photo.png", "--quality", "80-60"], 2, "exceeds the quality"),
        (["photo.png", "--target-size", "big"], 2, "write 40000, 40k or 0.5M"),
        (["photo.png", "--target-size", "50"], 1, "256 colours, and 50 were asked"),
        (["photo.png", "-o", "x.png", "--format", "auto"], 2, "chooses the suffix itself"),
        (["photo.png", "--space", "hsv"], 2, "hsv"),
        (["photo.png", "--max-pixels", "100"], 1, "--max-pixels"),
        (["photo.png", "--palette", "none.gpl"], 1, "none.gpl"),
        ([], 2, "IN..."),
    ],
)
def test_what_cannot_be_done_is_said_with_a_remedy_and_leaves_nothing(
    folder: Path, arguments: list[str], status: int, says: str
) -> None:
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("I am not a picture.")
    (folder / "photo.bmp").write_bytes((folder / "icon.bmp").read_bytes())
    frames = [PillowImage.new("L", (8, 8), level) for level in (0, 90, 255)]
    frames[0].save(folder / "anim.gif", save_all=True, append_images=frames[1:])
    before = files(folder)
    run = huepress("compress", *arguments, cwd=folder)
    assert run.returncode == status, run.stderr
    assert says in " ".join(run.stderr.replace("│", " ").split())
    assert "Traceback" not in run.stderr
    assert files(folder) == before


@pytest.mark.slow
def test_an_unknown_instruction_set_is_one_line_here_and_an_option_error_in_python(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUEPRESS_ISA", "mmx")
    run = huepress("compare", "icon.bmp", "icon.bmp", cwd=folder, env=dict(os.environ))
    assert run.returncode == 2
    assert run.stderr.startswith("huepress: HUEPRESS_ISA=mmx cannot run on this CPU; unset it")
    assert len(run.stderr.splitlines()) == 1
    script = (
        "import huepress\n"
        "try: huepress.compress('icon.bmp', k=2, dither='diffusion')\n"
        "except huepress.OptionError as error: print(error)"
    )
    caught = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "HUEPRESS_ISA=mmx" in caught.stdout


def test_help_and_version_are_there(folder: Path) -> None:
    assert "compress" in huepress("--help", cwd=folder).stdout
    assert huepress("--version", cwd=folder).stdout.startswith("huepress ")
    for command in ("compress", "decompress", "inspect", "compare", "palette"):
        assert huepress(command, "--help", cwd=folder).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_an_interrupt_leaves_whole_files_and_no_debris(folder: Path) -> None:
    for copy in range(60):
        (folder / f"p{copy}.png").write_bytes((folder / "photo.png").read_bytes())
    inputs = [f"p{copy}.png" for copy in range(60)]
    process = subprocess.Popen(
        [PROGRAM, "compress", *inputs, "--out-dir", "out", "--effort", "best"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 600
    while not list(folder.glob("out/p*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    written = set((folder / "out").iterdir()) - {folder / "out" / ".huepress-manifest"}
    assert 0 < len(written) < 60
    for path in written:
        assert path.suffix == ".png"
        PillowImage.open(path).load()
