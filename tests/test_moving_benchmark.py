"""Clips are the same on every run, and what moving pictures lose is found."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby, islice

import numpy as np
import pytest
from benchmarks import clips, movers, moving, playback
from benchmarks.recipes import RECIPES
from benchmarks.recipes.recipe import CORPUS, Material
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from huepress.values.animation import Frame

FEW = 2
DRAWN = [recipe for recipe in RECIPES if not recipe.needs]


def _noise(seed, count, channels=3, duration=100):
    rng = np.random.default_rng(seed)
    shape = (count, 40, 48, channels)
    return [Frame(pixels, duration) for pixels in rng.integers(0, 256, shape, np.uint8)]


def _still(count, duration=100):
    return [Frame(_noise(0, 1)[0].pixels, duration)] * count


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(recipe, marks=[pytest.mark.slow] if recipe.kind == "plot" else [])
        for recipe in DRAWN
    ],
    ids=lambda recipe: recipe.name,
)
def test_a_recipe_draws_the_same_frames_each_time(recipe):
    first, second = (list(islice(recipe.draw(Material()), FEW)) for _ in range(2))
    assert first == second
    assert len(first) == FEW
    # GIF counts in hundredths, and players slow down what is shorter than two.
    assert all(frame.duration % 10 == 0 and frame.duration >= 20 for frame in first)


def test_each_kind_has_clips_to_tune_on_and_to_check():
    names = [recipe.name for recipe in RECIPES]
    assert names == sorted(set(names))
    halves = {
        kind: {clips.half(recipe) for recipe in group}
        for kind, group in groupby(RECIPES, lambda recipe: recipe.kind)
    }
    assert len(halves) == 8
    assert all(found == set(clips.HALVES) for found in halves.values())


def test_hard_stickers_are_opaque_or_clear_and_soft_ones_are_not():
    hard, soft = (
        next(next(r for r in DRAWN if r.name == f"sticker-{edge}-heart").draw(Material())).pixels
        for edge in ("hard", "soft")
    )
    assert set(np.unique(hard[..., 3])) == {0, 255}
    assert len(np.unique(soft[..., 3])) > 2
    assert not hard[hard[..., 3] == 0].any()


def test_material_that_is_not_here_is_known_to_be_missing(tmp_path):
    assert not Material().has(CORPUS)
    assert not Material(corpus=tmp_path / "none").has(CORPUS)
    assert Material(corpus=tmp_path).has(CORPUS)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_clip_is_read_as_it_was_saved_from_its_folder_and_its_file(tmp_path, channels):
    frames = _noise(1, 3, channels)
    clips.save(frames, tmp_path / "noise")
    assert clips.load(tmp_path / "noise") == frames
    verdict = playback.Judge(frames)(playback.decoded(tmp_path / "noise.png"))
    assert (verdict.mean, verdict.worst, verdict.stirred, verdict.milliseconds) == (100, 100, 0, 0)


def test_one_bad_frame_is_the_worst_and_weighs_as_long_as_it_is_shown():
    source = [*_still(3), Frame(_still(1)[0].pixels, 700)]
    other = [*source[:3], Frame(source[3].pixels ^ 64, 700)]
    verdict = playback.Judge(source)(other)
    assert verdict.worst_frame == 3
    assert verdict.worst < 60
    assert verdict.mean == pytest.approx((300 * 100 + 700 * verdict.worst) / 1000)


def test_still_pixels_that_change_are_counted_once_for_each_time():
    source = _still(4)
    pixels = source[1].pixels.copy()
    pixels[5, 6] ^= 1
    pixels[7, 8] ^= 1
    other = [source[0], Frame(pixels, 100), *source[2:]]
    verdict = playback.Judge(source)(other)
    assert verdict.stirred == 2 * 2  # there and back
    assert verdict.still == 3 * 40 * 48


def test_pixels_that_move_in_the_source_may_change():
    assert playback.Judge(_noise(2, 3))(_noise(3, 3)).stirred == 0


def test_the_colour_of_clear_pixels_is_no_change():
    clear = np.zeros((9, 9, 4), np.uint8)
    tinted = clear.copy()
    tinted[..., :3] = 7
    assert not playback.changed(clear, tinted).any()
    tinted[2, 3, 3] = 1
    assert playback.changed(clear, tinted).sum() == 1


def test_files_that_merge_frames_are_held_against_what_was_shown_then():
    a, b = _noise(4, 2)
    source = [a, a, b]
    merged = movers.merged(source)
    assert merged == [Frame(a.pixels, 200), b]
    assert playback.Judge(source)(merged) == playback.Judge(source)(source)


def test_a_file_that_ends_early_keeps_its_last_frame_and_is_told_of():
    source = _still(3)
    assert playback.Judge(source)(source[:1]).milliseconds == -200


def test_a_file_of_another_size_is_no_result():
    small = [Frame(np.zeros((4, 5, 3), np.uint8), 100)]
    with pytest.raises(RuntimeError, match="5×4 pixels for 48×40"):
        playback.Judge(_still(1))(small)


def _points(name, sizes, clip="film-x", stirred=0, cpu=1.0):
    return [
        moving.Point(
            name, ".gif", f"{mean:g}", clip, "content", int(size), 1.0, cpu,
            playback.Verdict(mean, mean - 10, 0, stirred, 1000, 0),
        )
        for mean, size in sizes
    ]  # fmt: skip


PEER = [(50.0, 10_000), (70.0, 20_000), (90.0, 40_000)]


@given(st.floats(0.2, 3))
def test_a_program_with_all_bytes_scaled_differs_by_that_scale_at_every_score(scale):
    scaled = [(mean, size * scale) for mean, size in PEER]
    found = moving.compare(_points("ours", scaled), _points("theirs", PEER))
    assert found.mean == pytest.approx(scale - 1, abs=2e-3)
    assert found.worst == pytest.approx(scale - 1, abs=2e-3)
    assert found.at == pytest.approx(dict.fromkeys((60, 70, 80, 90), scale - 1), abs=2e-3)


def test_clips_that_look_good_with_any_setting_are_compared_where_they_are():
    peer = [(92.0, 10_000), (99.0, 20_000)]
    ours = [(92.0, 5_000), (99.0, 10_000)]
    assert moving.compare(_points("a", ours), _points("b", peer)).mean == pytest.approx(-0.5)


def test_what_looks_better_than_a_peers_best_is_held_against_it():
    ours = _points("ours", [(95.0, 10_000), (99.0, 15_000)])
    found = moving.compare(ours, _points("theirs", PEER))
    assert (found.mean, found.best) == (None, pytest.approx(-0.75))
    assert moving.compare(_points("ours", PEER), ours).best is None


def test_time_is_held_against_that_of_gifskis_default():
    gifski = [*_points("gifski", PEER[:2], cpu=9.0), *_points("gifski", PEER[2:], cpu=2.0)]
    assert moving.compare(_points("ours", PEER), gifski).cpu == pytest.approx(0.5)
    other = [*_points("other", PEER[:2], cpu=9.0), *_points("other", PEER[2:], cpu=2.0)]
    assert moving.compare(_points("ours", PEER), other).cpu == pytest.approx(1 / 9)


def test_a_peers_bytes_lie_between_its_settings_and_nowhere_beyond_them():
    points = _points("gifski", PEER)
    assert moving.bytes_at(60, moving.curve(points)) == pytest.approx(10_000 * 2**0.5)
    assert moving.worst_at(60, points) == pytest.approx(50)
    assert moving.bytes_at(91, moving.curve(points)) is None
    assert moving.worst_at(49, points) is None


def test_the_table_names_the_worst_clip_of_each_kind_and_who_stirs_still_pixels():
    points = [
        *_points("huepress", [(m, s / 2) for m, s in PEER]),
        *_points("huepress", [(m, s * 2) for m, s in PEER], "film-y"),
        *_points("gifski", PEER),
        *_points("gifski", PEER, "film-y", stirred=5),
    ]
    (made,) = moving.compared(points, ".gif").values()
    *_, film, every = moving.rows(made)
    assert "| 2 of 2 | +0.0% |" in film
    assert "film-y +100.0%" in film
    assert every.startswith("| all |")
    ours, gifski = moving.stirring(points)
    assert "huepress: 0.000% of still pixels" in ours
    assert "gifski: 0.250% of still pixels changed; most 0.50%, film-y" in gifski


def test_soft_edges_are_not_asked_of_formats_that_have_none():
    points = [
        *_points("huepress", PEER, "sticker-soft-x"),
        *_points("gifski", PEER, "sticker-soft-x"),
    ]
    assert not any(moving.compared(points, ".gif").values())
    assert movers.suits("gifski", ".gif", "sticker-hard-x")
    assert movers.suits("huepress", ".webp", "sticker-soft-x")
    assert not movers.suits("gif2webp", ".webp", "sticker-soft-x")


@pytest.mark.slow
def test_the_command_compares_files_of_points_and_draws_them(tmp_path):
    moving.write(_points("huepress", PEER), tmp_path / "ours.json")
    moving.write(_points("gifski", PEER), tmp_path / "peers.json")
    files = [str(tmp_path / name) for name in ("ours.json", "peers.json")]
    command = [sys.executable, "-m", "benchmarks.moving"]
    said = subprocess.run([*command, "table", *files], capture_output=True, text=True, check=True)
    assert "gifski" in said.stdout.partition("GIF, huepress beside")[0]
    assert "| all | 1 of 1 | +0.0% | +0.0% |" in said.stdout
    plots = tmp_path / "plots"
    subprocess.run([*command, "curves", str(plots), *files], capture_output=True, check=True)
    with Image.open(plots / "moving-gif.png") as image:
        assert image.width > 1000


def test_points_are_read_as_they_were_written(tmp_path):
    points = [*_points("gifski", PEER), moving.Point("a", ".png", "1", "b", "c", problem="no")]
    moving.write(points, tmp_path / "points.json")
    assert moving.read([tmp_path / "points.json"]) == points
