"""What values show of themselves in a notebook."""

import os
import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

import huepress
from huepress import Codebook, Image, IndexedImage


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)


def pictures(html: str) -> list[PillowImage.Image]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [PillowImage.open(BytesIO(b64decode(data))) for data in found]


def words(html: str) -> str:
    """Check that every tag is closed, and return the text."""
    open_tags, text = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "img":
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

        def handle_data(self, data: str) -> None:
            text.append(data)

    Reader().feed(html)
    assert not open_tags
    return " ".join(text)


def test_an_image_shows_its_pixels(pixels: np.ndarray) -> None:
    image = Image(pixels)
    with PillowImage.open(BytesIO(image._repr_png_())) as shown:
        assert np.array_equal(np.asarray(shown), pixels)
    html = image._repr_html_()
    assert np.array_equal(np.asarray(pictures(html)[0]), pixels)
    assert "80×60 RGB" in words(html)


def test_a_large_picture_is_shown_small() -> None:
    image = Image(np.zeros((1500, 1000, 4), np.uint8))
    with PillowImage.open(BytesIO(image._repr_png_())) as shown:
        assert max(shown.size) < 1000
        assert shown.mode == "RGBA"
    assert len(image._repr_html_()) < 50_000


@pytest.mark.parametrize("k", [1, 7, 32, 33, 256])
def test_a_codebook_shows_every_colour(k: int) -> None:
    colors = np.arange(k)[:, None] * [1, 7, 29] % 256
    codebook = Codebook(colors.astype(np.uint8))
    html = codebook._repr_html_()
    assert all(f'title="{name}"' in html for name in codebook.hex())
    assert ("#000000" in words(html)) == (k <= 32)
    with PillowImage.open(BytesIO(codebook._repr_png_())) as shown:
        seen = {color[:3] for _, color in shown.getcolors(1 << 20) if color[3]}
    assert seen == set(map(tuple, codebook.colors.tolist()))


def test_an_indexed_image_shows_picture_shares_and_entropy() -> None:
    labels = np.array([[0, 0, 0, 1]] * 2)
    indexed = IndexedImage(Codebook.from_hex(["#ff0000", "#00000000"]), labels)
    html = indexed._repr_html_()
    assert "label entropy 0.81 bits a pixel" in words(html)
    assert "flex:0.75000;background:rgba(255,0,0,1.000)" in html
    with PillowImage.open(BytesIO(indexed._repr_png_())) as shown:
        assert np.array_equal(np.asarray(shown), indexed.decode())


@pytest.mark.parametrize(("height", "width"), [(300, 451), (100, 1900), (3000, 999), (481, 960)])
def test_the_colours_are_as_wide_as_the_picture(height: int, width: int) -> None:
    labels = np.zeros((height, width), np.uint8)
    html = IndexedImage(Codebook.from_hex(["#ff0000"]), labels)._repr_html_()
    assert f"width:{pictures(html)[0].width}px;max-width:100%" in html


def test_a_result_shows_its_account(pixels: np.ndarray) -> None:
    result = huepress.compress(pixels, k=8)
    said = words(result._repr_html_())
    assert f"{result.distinct_colors:,} → 8" in said
    assert f"{result.distortion.psnr:.2f} dB" in said
    assert f"{result.output_bytes / 1024:.1f} KiB" in said
    assert f"{result.fit.iterations} iterations" in said
    with PillowImage.open(BytesIO(result._repr_png_())) as shown:
        assert np.array_equal(np.asarray(shown), result.indexed.decode())


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the kernel's own libraries may warn
def test_a_notebook_shows_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_ALLOW_INSECURE_WRITES", "1")
    assert os.environ["IPYTHONDIR"]
    setup = (
        "import numpy as np, huepress\n"
        "from huepress import viz\n"
        "from huepress.animate import animate\n"
        "pixels = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3).astype(np.uint8)\n"
        "result = huepress.compress(pixels, k=4)"
    )
    shown = [
        "result",
        "result.image",
        "result.indexed",
        "result.indexed.codebook",
        "viz.palette(result)",
        "animate(pixels, result.fit, width=320)",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in (setup, *shown)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [cell.outputs[0].data for cell in notebook.cells[1:]]
    for data in outputs[:4]:
        assert "<div" in data["text/html"]
        assert b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert b64decode(outputs[4]["image/png"]).startswith(b"\x89PNG")
    assert b64decode(outputs[5]["image/gif"]).startswith(b"GIF89a")
    nbformat.validate(notebook)
