"""Laws of codebooks that many pictures share: built, updated, merged, written, and used."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImage

from cases import cases
from huepress import Codebook, FormatError, Histogram, HuepressError, OptionError, Palette, nearest
from huepress.formats import png
from huepress.formats.codebooks import codebook_in, read_codebook, write_codebook
from huepress.formats.palettes import read_palette
from huepress.many.codebooks import build_codebook, merge_codebooks, update_codebook
from huepress.values.shared import Counted, SharedCodebook
from program import huepress


def picture(seed: int, n_colors: int = 40, *, alpha: bool = False) -> NDArray[np.uint8]:
    """Pixels of so many colours, of which some are half transparent where there is alpha."""
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (n_colors, 4), dtype=np.uint8)
    colors[:, 3] = rng.choice([255, 255, 200, 90], n_colors) if alpha else 255
    pixels = colors[rng.integers(0, n_colors, (12, 15))]
    return pixels if alpha else np.ascontiguousarray(pixels[..., :3])


seeds = st.integers(0, 10_000)
sizes = st.integers(1, 60)


# built


@cases(30)
@given(st.lists(st.tuples(seeds, sizes, st.booleans()), min_size=2, max_size=6), st.integers(2, 24))
def test_parts_give_the_codebook_of_all_pictures_at_once(drawn, k):
    pictures = [picture(seed, n, alpha=alpha) for seed, n, alpha in drawn]
    whole = Histogram.of(np.concatenate([rgba(one) for one in pictures]))
    parts = [Histogram.of(one) for one in pictures]
    halves = Histogram.total(parts[::2]) + Histogram.total(parts[1::2])
    assert build_codebook(halves, k) == build_codebook(whole, k)


def rgba(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


@cases(30)
@given(seeds, st.booleans(), st.integers(4, 24))
def test_pins_lead_and_learned_codes_go_from_clear_to_opaque_and_dark_to_light(seed, alpha, k):
    pins = Codebook.from_hex(["#e2001a", "#00ff00"])
    shared = build_codebook(Histogram.of(picture(seed, 50, alpha=alpha)), k, pinned=pins)
    assert shared.palette.hex()[:2] == pins.hex()
    assert shared.pins == (0, 1)
    learned = shared.palette.entries[2:].astype(int)
    keys = [tuple(key) for key in np.c_[learned[:, 3], learned[:, :3] @ [299, 587, 114]]]
    assert keys == sorted(keys)
    assert (shared.k, len(shared) <= k) == (k, True)


def test_half_transparent_pictures_get_a_clear_code_that_others_will_need():
    soft = picture(1, 30, alpha=True)
    assert (soft[..., 3] > 0).all()
    assert (build_codebook(Histogram.of(soft), 8).palette.alpha == 0).sum() == 1
    assert (build_codebook(Histogram.of(picture(1, 30)), 8).palette.alpha == 255).all()


def test_what_was_counted_is_named_whatever_the_reading_made_of_it():
    pixels = picture(3)
    (one,) = build_codebook(Histogram.of(pixels), 8).learned_from
    (other,) = build_codebook(Histogram.of(rgba(pixels)), 8).learned_from
    assert one == other
    assert (one.pixels, one.colors) == (180, len(np.unique(pixels.reshape(-1, 3), axis=0)))


# updated


@cases(60)
@given(seeds, seeds, st.integers(2, 20), st.integers(0, 12), st.booleans(), st.booleans())
def test_an_update_moves_no_code_that_is_pinned_or_needed(seed, new, k, more, replace, alpha):
    pins = Codebook.from_hex(["#e2001a"])
    old = build_codebook(Histogram.of(picture(seed, 30, alpha=alpha)), k, pinned=pins)
    counted = Histogram.of(picture(new, 25, alpha=alpha))
    update = update_codebook(old, counted, k + more, replace_unused=replace)
    before, after = old.palette.entries, update.shared.palette.entries
    same = (before == after[: len(before)]).all(axis=1)
    assert np.flatnonzero(~same).tolist() == list(update.replaced)
    needed = np.unique(nearest(counted.colors[None], old.codebook, space=old.space).labels)
    assert not {*needed.tolist(), *old.pins} & {*update.replaced}
    assert {*needed.tolist()} | {*update.unused} == set(range(len(old)))
    assert update.replaced == () or replace
    assert update.added == tuple(range(len(before), len(after)))
    assert len(after) <= k + more == update.shared.k
    assert set(old.pins) <= set(update.shared.pins)


@cases(30)
@given(seeds, st.integers(2, 20), st.booleans())
def test_an_update_by_the_same_pictures_changes_nothing(seed, k, replace):
    histogram = Histogram.of(picture(seed, 30))
    shared = build_codebook(histogram, k)
    assert update_codebook(shared, histogram, replace_unused=replace).shared == shared


def test_an_update_makes_colours_codes_and_pins_where_asked():
    old = SharedCodebook(Palette.from_hex(["#000", "#fff", "#f00"]), k=5)
    grey = Histogram.of(np.full((3, 3, 3), 9, np.uint8))
    asked = Codebook.from_hex(["#f00", "#00f"])
    update = update_codebook(old, grey, pinned=asked)
    assert update.shared.palette.hex() == ["#000000", "#ffffff", "#ff0000", "#0000ff", "#090909"]
    assert update.shared.pins == (2, 3)
    # With the places of white and red to give: red is asked for, and stays.
    update = update_codebook(old, grey, 3, pinned=asked, replace_unused=True)
    assert update.shared.palette.hex() == ["#000000", "#0000ff", "#ff0000"]
    assert update.shared.pins == (1, 2)
    assert (update.replaced, update.added) == ((1,), ())


def test_an_update_without_room_is_refused():
    old = SharedCodebook(Palette.from_hex(["#000", "#fff"]))
    grey = Histogram.of(np.full((3, 3, 3), 9, np.uint8))
    with pytest.raises(OptionError, match="k=1 leaves no room for 2 codes"):
        update_codebook(old, grey, 1)
    with pytest.raises(OptionError, match="and 1 new pins; use 3 or more"):
        update_codebook(old, grey, pinned=Codebook.from_hex(["#f00"]))
    with pytest.raises(OptionError, match="no pixel was counted"):
        update_codebook(old, Histogram.total([]))


def test_a_place_that_changes_its_colour_loses_its_name():
    old = SharedCodebook(Palette.from_hex(["#000", "#fff"]), k=3)
    named = SharedCodebook(Palette(old.palette.entries, ("ink", "paper")), k=3)
    grey = Histogram.of(np.full((3, 3, 3), 9, np.uint8))
    assert update_codebook(named, grey).shared.palette.names == ("ink", "paper", "")
    replaced = update_codebook(named, grey, 2, replace_unused=True)
    assert replaced.shared.palette.names == ("ink", "")


# merged


def shared_of(seed: int, n: int, named: bool) -> SharedCodebook:
    rng = np.random.default_rng(seed)
    colors = np.unique(rng.choice([0, 90, 255], (n, 4)).astype(np.uint8), axis=0)
    colors[colors[:, 3] == 0] = 0
    colors = np.unique(colors, axis=0)[rng.permutation(len(np.unique(colors, axis=0)))]
    names = tuple(f"{seed}-{i}" for i in range(len(colors))) if named else ()
    pins = tuple(rng.choice(len(colors), len(colors) // 3, replace=False).tolist())
    learned = (Counted(f"{seed:064x}", 10, 5),)
    return SharedCodebook(Palette(colors, names), pins, "srgb", len(colors) + seed % 5, learned)


books = st.lists(
    st.builds(shared_of, st.integers(0, 300), sizes, st.booleans()), min_size=1, max_size=4
)


@given(books)
def test_merging_keeps_every_colour_and_the_first_codes_at_their_places(parts):
    merged = merge_codebooks(parts)
    entries = merged.shared.palette.entries
    for part, places in zip(parts, merged.places, strict=True):
        assert np.array_equal(entries[list(places)], part.palette.entries)
        assert {places[pin] for pin in part.pins} <= set(merged.shared.pins)
    assert merged.places[0] == tuple(range(len(parts[0])))
    assert {place for places in merged.places for place in places} == set(range(len(entries)))
    assert set(merged.shared.pins) == {
        places[pin] for part, places in zip(parts, merged.places, strict=True) for pin in part.pins
    }
    assert merged.shared.k == max(len(entries), *(part.k for part in parts), 1)
    first_names: dict[int, str] = {}
    for part, places in zip(parts, merged.places, strict=True):
        for place, name in zip(places, part.palette.names, strict=False):
            first_names.setdefault(place, name)
    found = merged.shared.palette.names or ("",) * len(entries)
    assert found == tuple(first_names.get(place, "") for place in range(len(entries)))


@given(books, books)
def test_merging_in_groups_is_merging_at_once(some, others):
    groups = [merge_codebooks(some).shared, merge_codebooks(others).shared]
    assert merge_codebooks(groups).shared == merge_codebooks([*some, *others]).shared


@given(books)
def test_merging_with_itself_changes_nothing(parts):
    assert merge_codebooks([parts[0], parts[0]]).shared == parts[0]


def test_spaces_that_disagree_have_to_be_settled():
    one = SharedCodebook(Palette.from_hex(["#000"]), space="srgb")
    other = SharedCodebook(Palette.from_hex(["#fff"]), space="oklab")
    with pytest.raises(OptionError, match=r"srgb and oklab.*say which shall hold"):
        merge_codebooks([one, other])
    assert merge_codebooks([one, other], space="linear").shared.space == "linear"
    inks = Palette.from_hex(["#f00", "#000", "#f00"])
    assert merge_codebooks([one, inks]).shared.space == "srgb"
    assert merge_codebooks([one, inks]).places == ((0,), (1, 0, 1))
    with pytest.raises(OptionError, match="code 2, #ff0000, is code 0 again"):
        merge_codebooks([inks, one])


# written


@given(st.builds(shared_of, seeds, sizes, st.booleans()))
def test_a_lock_file_gives_back_what_was_written(tmp_path_factory, shared):
    path = tmp_path_factory.getbasetemp() / "book.json"
    path.write_bytes(write_codebook(shared, "book"))
    assert read_codebook(path) == shared
    assert write_codebook(read_codebook(path), "book") == path.read_bytes()
    assert read_palette(path) == shared.palette


BOOK = json.loads(write_codebook(shared_of(3, 9, True), "book"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "version 2; this program reads versions up to 1: upgrade"),
        ({"version": None}, "has version None, not a whole number"),
        ({"space": "lab"}, "has the space 'lab'; a codebook has one of oklab, srgb, linear"),
        ({"space": []}, "has the space"),
        ({"k": 1}, "k=1 leaves no room"),
        ({"k": 2.5}, "has k 2.5, not a whole number"),
        ({"k": 10**9}, "contradicts itself: k=1000000000"),
        ({"pins": [99]}, "pin 99 in a codebook of"),
        ({"pins": [-1]}, "pin -1 in a codebook of"),
        ({"pins": [True]}, "pins that are not whole numbers"),
        ({"pins": {}}, "has pins {}, not a list"),
        ({"colors": ["#000", "#000"], "names": None}, "code 1, #000000, is code 0 again"),
        ({"colors": []}, "names for 0 colours"),
        ({"histograms": [3]}, "a histogram that is 3"),
        ({"histograms": [{"sha256": "x"}]}, "sha256 'x', not 64 digits"),
        ({"histograms": [{"sha256": "0" * 64, "pixels": -1}]}, "has pixels -1"),
    ],
)
def test_lock_files_that_contradict_themselves_are_refused(tmp_path, changes, says):
    path = tmp_path / "book.json"
    path.write_text(json.dumps({**BOOK, **changes}))
    with pytest.raises(FormatError, match=says.replace("(", r"\(")) as caught:
        codebook_in(path)
    assert str(path) in str(caught.value)


ODD = [None, True, -1, 1.5, 10**30, float("inf"), "", "#ff", "x" * 2000, [], [[]], [0] * 70_000, {}]


@cases(200)
@given(st.dictionaries(st.sampled_from(sorted(BOOK)), st.sampled_from(ODD), max_size=3))
def test_any_value_in_a_lock_file_is_a_codebook_or_an_error_in_one_line(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({**BOOK, **changes, "kind": BOOK["kind"]}))
    try:
        read_codebook(path)
    except HuepressError as error:
        refused = str(error)
    else:
        refused = str(path)
    assert "\n" not in refused
    assert str(path) in refused


def test_another_palette_file_is_no_codebook(tmp_path):
    (tmp_path / "a.json").write_text('{"colors": ["#000"]}')
    (tmp_path / "a.hex").write_text("000000")
    for name in ("a.json", "a.hex"):
        assert codebook_in(tmp_path / name) is None
        with pytest.raises(
            FormatError, match="is no codebook; make one of it: huepress codebook merge"
        ):
            read_codebook(tmp_path / name)


# used, by the program


@pytest.fixture
def folder(tmp_path):
    """A folder with opaque and soft sprites."""
    for number in range(5):
        pixels = picture(number, 30, alpha=number > 2)
        PillowImage.fromarray(pixels).save(tmp_path / f"sprite{number}.png")
    return tmp_path


def run(*words: object, cwd, code: int = 0):
    done = huepress(*words, cwd=cwd)
    assert done.returncode == code, done.stderr
    return done


SPRITES = [f"sprite{number}.png" for number in range(5)]


def test_every_file_gets_the_codebook_in_order_as_its_palette(folder):
    run("codebook", "build", *SPRITES, "-k", 20, "--pin", "#e2001a", "-o", "brand.json", cwd=folder)
    shared = read_codebook(folder / "brand.json")
    assert shared.palette.hex()[0] == "#e2001a"
    run("compress", *SPRITES, "--codebook", "brand.json", "--out-dir", "out", cwd=folder)
    for name in SPRITES:
        slots = png.decode_slots((folder / "out" / name).read_bytes())
        assert slots.palette == shared.palette
        pixels = np.asarray(PillowImage.open(folder / name))
        wanted = nearest(pixels, shared.codebook).labels
        assert np.array_equal(slots.places, wanted)


def test_parts_counted_apart_give_the_lock_file_of_all_byte_for_byte(folder):
    run("codebook", "build", *SPRITES, "-k", 9, "-o", "all.json", cwd=folder)
    run("histogram", *SPRITES[:2], "-o", "one.npz", cwd=folder)
    run("histogram", *SPRITES[2:4], "-j", 3, "-o", "two.npz", cwd=folder)
    run("histogram", "one.npz", "two.npz", "-o", "both.npz", cwd=folder)
    (folder / "parts").mkdir()
    for sources in (["two.npz", SPRITES[4], "one.npz"], [SPRITES[4], "both.npz"]):
        words = ["codebook", "build", *sources, "-k", 9, "-j", 1, "-o", "parts/all.json", "-f"]
        run(*words, cwd=folder)
        assert (folder / "parts/all.json").read_bytes() == (folder / "all.json").read_bytes()


def test_a_codebook_says_where_colours_are_compared_unless_the_command_does(folder):
    colors = ["#0000ff", "#000000", "#808080"]
    for space in ("srgb", "oklab"):
        shared = SharedCodebook(Palette.from_hex(colors), space=space)
        (folder / f"{space}.json").write_bytes(write_codebook(shared))
    pixels = np.array([[[20, 20, 110], [60, 60, 150]]], np.uint8)
    PillowImage.fromarray(pixels).save(folder / "blue.png")
    places = {}
    for words in (
        ("--codebook", "srgb.json"),
        ("--palette", "oklab.json"),
        ("--codebook", "srgb.json", "--space", "oklab"),
        ("--codebook", "oklab.json", "--space", "srgb"),
    ):
        run("compress", "blue.png", *words, "-o", "out.png", "-f", cwd=folder)
        places[words] = png.decode_slots((folder / "out.png").read_bytes()).places.tolist()
    srgb, oklab, as_oklab, as_srgb = places.values()
    assert (
        srgb == as_srgb == nearest(pixels, Codebook.from_hex(colors), space="srgb").labels.tolist()
    )
    assert oklab == as_oklab == nearest(pixels, Codebook.from_hex(colors)).labels.tolist()
    assert srgb != oklab


@pytest.mark.slow
def test_an_update_tells_what_it_changes_and_writes_only_where_asked(folder):
    run("codebook", "build", *SPRITES[:3], "-k", 8, "-o", "brand.json", cwd=folder)
    before = (folder / "brand.json").read_bytes()
    old = read_codebook(folder / "brand.json")
    words = ("codebook", "update", "brand.json", SPRITES[1], "-k", 10)
    told = run(*words, cwd=folder).stdout.splitlines()
    assert (folder / "brand.json").read_bytes() == before
    assert told[-1] == "nothing was written; -o OUT or --in-place does"
    assert told[2].startswith("8 kept, 2 added; no room for more")
    run(*words, "-o", "new.json", cwd=folder)
    new = read_codebook(folder / "new.json")
    assert told[:2] == [f"{place}: {new.palette.hex()[place]} is new" for place in (8, 9)]
    assert new.palette.hex()[:8] == old.palette.hex()
    run(*words, "--in-place", cwd=folder)
    assert read_codebook(folder / "brand.json") == new
    facts = json.loads(run(*words[:4], "--json", "--replace-unused", cwd=folder).stdout)
    assert facts["output"] is None
    assert facts["added"] == []
    run(*words, "--in-place", "-o", "x.json", cwd=folder, code=2)
    run(*words, "-o", "brand.json", "-f", cwd=folder, code=1)  # an input is replaced by name only


@pytest.mark.slow
def test_merge_tells_where_codes_went_and_takes_palette_files(folder):
    (folder / "inks.gpl").write_text("GIMP Palette\n#\n0 0 0\tink\n255 0 0\tred\n")
    run("codebook", "merge", "inks.gpl", "-o", "inks.json", cwd=folder)
    run("codebook", "build", *SPRITES[:2], "-k", 4, "--pin", "#ff0000", "-o", "b.json", cwd=folder)
    told = run("codebook", "merge", "inks.json", "b.json", "-o", "all.json", "--json", cwd=folder)
    facts = json.loads(told.stdout)
    assert facts["places"] == [[0, 1], [1, 2, 3, 4]]
    merged = read_codebook(folder / "all.json")
    assert merged.palette.names[:2] == ("ink", "red")
    assert merged.pins == (1,)
    shown = run("codebook", "show", "all.json", cwd=folder).stdout
    assert "5, room for 5; 1 pinned" in shown
    assert "1  #ff0000    red  pinned" in shown
    facts = json.loads(run("codebook", "show", "all.json", "--json", cwd=folder).stdout)
    assert facts["colors"] == merged.palette.hex()
    run("codebook", "show", "all.json", "-o", "swatches.png", cwd=folder)
    swatches = np.asarray(PillowImage.open(folder / "swatches.png").convert("RGBA"))
    assert {tuple(color) for color in merged.palette.entries.tolist()} <= {
        tuple(color) for color in swatches.reshape(-1, 4).tolist()
    }


def test_of_pictures_that_cannot_all_be_read_no_codebook_is_made(folder):
    (folder / "bad.png").write_bytes(b"no picture")
    words = ("codebook", "build", *SPRITES, "bad.png", "missing.png", "-o", "brand.json")
    said = run(*words, cwd=folder, code=1).stderr.splitlines()
    assert not (folder / "brand.json").exists()
    assert [line.split()[1] for line in said[:2]] == ["bad.png:", "missing.png:"]
    assert said[2].startswith("huepress: 2 of 7 inputs cannot be counted, and nothing was written")


@pytest.mark.slow
def test_a_folder_stands_for_the_pictures_in_it(folder):
    (folder / "art" / "deep").mkdir(parents=True)
    (folder / "art" / "notes.txt").write_text("no picture")
    for number, name in enumerate(SPRITES):
        (folder / name).rename(folder / "art" / ("deep" if number % 2 else "") / name)
    run("histogram", "art", "-o", "all.npz", cwd=folder)
    files = sorted((folder / "art").rglob("*.png"))
    run("histogram", *files, "-j", 2, "-o", "named.npz", cwd=folder)
    assert (folder / "all.npz").read_bytes() == (folder / "named.npz").read_bytes()
    (folder / "empty").mkdir()
    said = run("histogram", "empty", "-o", "none.npz", cwd=folder, code=1).stderr
    assert said == "huepress: empty: has no pictures in it; name another folder, or files\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("codebook", "build", "a.png", "-o", "brand.gpl"), "does not end in .json"),
        (("histogram", "a.png", "-o", "part.json"), "does not end in .npz"),
        (("codebook", "show", "a.json", "-o", "a.gif"), "does not end in .png"),
        (("histogram", "a.png", "-o", "part.npz", "-j", "-1"), "--jobs -1 is out of range"),
    ],
)
def test_wrong_words_are_told_before_the_work(folder, words, says):
    assert says in run(*words, cwd=folder, code=2).stderr
