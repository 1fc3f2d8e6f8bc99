"""Figures of matplotlib, saved and shown in few bytes: `huepress.mpl` and `huepress.ipython`."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

import huepress
from huepress import Image, metrics
from huepress.mpl import savefig

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(2, 1.5), dpi=50)
    ax = figure.subplots()
    for step in range(4):
        ax.plot(np.sin(np.linspace(0, 6, 60) + step) * step)
    return figure


def rendered(figure: Figure, **how: object) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", **how)
    return stream.getvalue()


HOW = [
    {},
    {"dpi": 90},
    {"bbox_inches": "tight", "pad_inches": 0.3},
    {"facecolor": "#ffeedd"},
    {"transparent": True},
]


@pytest.mark.parametrize(
    "how", [HOW[0], *(pytest.param(how, marks=pytest.mark.slow) for how in HOW[1:])], ids=str
)
def test_a_figure_is_rendered_as_told_and_looks_the_same_in_fewer_bytes(
    how: dict, figure: Figure, tmp_path: Path
) -> None:
    savefig(figure, tmp_path / "plot.png", **how)
    whole = Image.read(rendered(figure, **how))
    small = Image.read(tmp_path / "plot.png")
    assert (small.width, small.height, small.channels) == (
        whole.width,
        whole.height,
        whole.channels,
    )
    assert metrics.ssimulacra2(whole, small) >= 90
    assert (tmp_path / "plot.png").stat().st_size < len(rendered(figure, **how)) / 2


def test_the_resolution_and_given_texts_are_kept_and_the_software_is_not(
    figure: Figure, tmp_path: Path
) -> None:
    texts = {"Title": "Wärme", "Author": "A. B."}
    savefig(figure, tmp_path / "plot.png", metadata=texts, dpi=80)
    with PillowImage.open(tmp_path / "plot.png") as saved:
        saved.load()
        assert saved.text == texts
        assert saved.mode == "P"
        assert saved.info["dpi"][0] == pytest.approx(80, abs=0.1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("plot.webp", "WEBP"), ("plot.gif", "GIF"), ("plot", "PNG"), ("p.PNG", "PNG")],
)
def test_the_suffix_names_the_format_and_none_is_png(
    name: str, kind: str, figure: Figure, tmp_path: Path
) -> None:
    savefig(figure, tmp_path / name, k=16)
    path = tmp_path / (name if "." in name else f"{name}.png")
    assert Image.read(path).source.format == kind


def test_an_existing_file_is_replaced_and_a_file_object_gets_a_png(
    figure: Figure, tmp_path: Path
) -> None:
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")
    stream = BytesIO()
    for target in (path, stream):
        savefig(figure, target, k=4)
    assert stream.getvalue() == path.read_bytes()
    assert len(np.unique(Image.read(path).pixels.reshape(-1, 3), axis=0)) <= 4


@pytest.mark.slow
def test_a_size_is_kept(figure: Figure) -> None:
    stream = BytesIO()
    savefig(figure, stream, target_size=900)
    assert len(stream.getvalue()) <= 900


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("plot.svg", {}, "'svg' is no format of few colours; .* the figure's own savefig"),
        ("plot.png", {"format": "pdf"}, "'pdf' is no format"),
        ("plot.webp", {"metadata": {"Title": "x"}}, "metadata is kept in PNG alone"),
        ("plot.png", {"quality": 101}, "quality=101"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(
    name: str, how: dict, said: str, figure: Figure, tmp_path: Path
) -> None:
    with pytest.raises(huepress.OptionError, match=said):
        savefig(figure, tmp_path / name, **how)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def shell():
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell()
    formatter = shell.display_formatter.formatters["image/png"]
    formatter.for_type(Figure, rendered)
    shell.display_formatter.active_types = ["image/png", "text/plain"]
    return shell


def shown(shell, thing: object) -> object:
    return shell.display_formatter.format(thing)[0].get("image/png")


def test_figures_are_shown_small_and_as_before_when_the_extension_is_unloaded(
    shell, figure: Figure
) -> None:
    whole = shown(shell, figure)
    shell.extension_manager.load_extension("huepress")
    small = shown(shell, figure)
    assert "text/plain" in shell.display_formatter.format(figure)[0]
    assert len(small) < len(whole) / 2
    assert metrics.ssimulacra2(Image.read(whole), Image.read(small)) >= 90
    shell.extension_manager.unload_extension("huepress")
    assert shown(shell, figure) == whole


def test_a_figure_that_is_text_stays_text_and_a_second_call_counts(shell, figure: Figure) -> None:
    from base64 import b64encode

    from huepress.ipython import small_figures

    formatter = shell.display_formatter.formatters["image/png"]
    formatter.for_type(Figure, lambda figure: b64encode(rendered(figure)).decode())
    for k in (2, 5, 3):
        small_figures(None, k=k, shell=shell)
        text = shown(shell, figure)
        assert isinstance(text, str)
        assert len(np.unique(Image.read(b64decode(text)).pixels.reshape(-1, 3), axis=0)) == k


def test_other_pictures_are_shown_as_they_are(shell) -> None:
    from huepress.ipython import small_figures

    image = Image.read(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    before = shown(shell, image)
    small_figures(shell=shell)
    assert before is not None
    assert shown(shell, image) == before


@pytest.mark.slow
def test_a_figure_that_cannot_get_smaller_is_shown_as_it_was(shell, figure: Figure) -> None:
    from huepress.ipython import small_figures

    whole = bytes(huepress.compress(rendered(figure), k=2, effort="best"))
    shell.display_formatter.formatters["image/png"].for_type(Figure, lambda _: whole)
    small_figures(100, shell=shell)
    assert shown(shell, figure) is whole


def test_without_ipython_the_remedy_is_told() -> None:
    from huepress.ipython import small_figures

    with pytest.raises(huepress.OptionError, match="no IPython runs here"):
        small_figures()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_a_notebook_gets_small_by_one_line() -> None:
    nbclient = pytest.importorskip("nbclient")
    from nbformat.v4 import new_code_cell, new_notebook

    plot = (
        "import matplotlib.pyplot as plt\n"
        "for step in range(5):\n"
        "    plt.plot([(step - x) ** 2 for x in range(9)])\n"
    )
    notebook = new_notebook(
        cells=[
            new_code_cell(cell) for cell in (plot, "%load_ext huepress", plot, plot + "plt.show()")
        ]
    )
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    pictures = [
        b64decode(output["data"]["image/png"])
        for cell in notebook.cells
        for output in cell.outputs
        if "image/png" in output.get("data", ())
    ]
    whole, small, again = pictures
    assert small == again
    assert len(small) < len(whole) / 3
    assert metrics.ssimulacra2(Image.read(whole), Image.read(small)) >= 90
