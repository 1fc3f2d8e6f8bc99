"""Every number of the search that was tuned rather than reasoned, with what it means.

``python -m benchmarks.tune CORPUS`` measures them again and prints the table that
docs/how/search.md shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

BYTES = "bytes at equal score"
TIME = "CPU time"
LOSSY = "CPU time of `smallest`"
REFUSED = "JPEGs refused"
"""`python -m benchmarks.smallest` measures these."""
MOVING = "bytes of moving pictures"
"""`python -m benchmarks.moving` measures these."""


def _tuned(value: Any, unit: str, meaning: str, judged: str = BYTES) -> Any:
    return field(default=value, metadata={"unit": unit, "meaning": meaning, "judged": judged})


def _eye(value: Any, unit: str, meaning: str, seen_in: str = "") -> Any:
    return _tuned(value, unit, meaning, f"eye: {seen_in}" if seen_in else "eye")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The numbers of one search; `metadata` of each field has unit, meaning, and what judges it.

    Parameters
    ----------
    **numbers
        As `table` lists them.
    """

    # What is aimed at.
    photo_score: float = _eye(80.0, "score", "default of photographs, pages and plots", "flips")
    art_score: float = _eye(
        88.0, "score", "default of art, smooth pictures and small drawings", "dirty fringes at 80"
    )
    icon_score: float = _eye(91.0, "score", "default of icons among them", "plain rings at 88")
    small_side: int = _eye(256, "pixels", "longest side of a small drawing")
    icon_side: int = _eye(128, "pixels", "longest side of an icon")
    faithful: float = _eye(
        69.0, "score", "above it contours, soft edges and small colours count beside it"
    )
    contour_points: float = _eye(
        30.0, "score", "what a contour of 1 above its limit takes off a grade", "skies, dials"
    )
    smooth_contour: float = _eye(
        0.2, "contour", "limit in smooth pictures; 1 is just visible", "skies, gradients"
    )
    art_contour: float = _eye(1.0, "contour", "limit in art with alpha by default", "dials")
    asked_art_contour: float = _eye(
        2.5, "contour", "limit in such art where a quality or size is asked", "dials"
    )
    soft_edges: float = _eye(
        0.75, "share", "of the soft edges of the most codes that have to stay", "shadows"
    )

    # What kind of picture it is.
    flat: float = _tuned(
        0.4, "share", "of pixels equal to their left neighbour, from which it is a drawing"
    )
    small_pixels: int = _tuned(
        1 << 14, "pixels", "of a small picture: searched as art, scanned, by one thread"
    )
    even: int = _eye(2, "levels", "that a slope bends by at most where it is smooth")
    rough: int = _eye(12, "levels", "that only edges and texture bend by")
    slope_reach: int = _eye(8, "pixels", "between levels that show a slope")
    rough_share: float = _eye(0.03, "share", "of rough pixels, below which it is smooth")
    smooth_slopes: float = _eye(
        0.85, "share", "of a drawing's sloping pixels that are even where it is smooth"
    )
    smooth_drawing: float = _eye(
        0.1, "share", "of all pixels of a drawing that slope evenly where it is smooth"
    )
    sample_rows: int = _tuned(
        240, "pixels", "rows of a sample; the score has all its scales from 225 on", TIME
    )
    sample_pixels: int = _tuned(150_000, "pixels", "of a sample at least", TIME)

    # What colours count in a fit.
    seen: float = _eye(
        0.003, "share", "of the pixels that a small saturated area counts for", "links, legends"
    )
    soft_weight: float = _tuned(4.0, "times", "that a drawing's translucent pixel counts")
    specks: int = _eye(12, "pixels", "of a small area at least")
    finest: int = _eye(50_000, "pixels", "of the picture for each pixel of a small area")
    hue_cell: int = _eye(1306, "fit units", "between hues that are told apart: 0.08")
    saturated: int = _eye(979, "fit units", "of chroma that a small area has: 0.06")

    # How pixels are mapped.
    feedback: int = _tuned(144, "256ths", "of an error that the next row makes up for")
    light_diffusion: int = _tuned(56, "256ths", "of diffusion beside a rate, near nearest labels")
    smooth_diffusion: int = _tuned(
        144, "256ths", "of diffusion beside a rate without feedback, in art whose contours count"
    )
    refit_step: int = _tuned(8, "16ths", "of the way of fed codes to their pixels' mean")
    opaque_slopes: int = _tuned(128, "256ths", "of a slope that an opaque picture's mask leaves")
    drawing_cap: int = _eye(
        1 << 17, "fit units²", "of error in a drawing's lightness at most", "pale lines"
    )
    drawing_chroma_cap: int = _eye(
        1 << 15, "fit units²", "of error in a drawing's chroma at most", "pale lines"
    )

    drawing_farthest: int = _eye(
        4900, "fit units", "of error in a drawing at most, whatever masks it: 0.3", "letters"
    )
    flat_weight: int = _eye(
        4, "times", "that an error counts among equal pixels of a drawing", "streaks beside text"
    )

    # How the knob is turned.
    curve_rates: tuple[float, ...] = _tuned(
        (6.0, 10.0, 12.0, 14.0, 17.0), "doublings", "of the rate, for the next row", TIME
    )
    curve_errors: tuple[float, ...] = _tuned(
        (-2.5, 0.0, 2.5, 4.6, 6.1), "doublings", "of what is missing there in photographs", TIME
    )
    headroom: float = _tuned(2.0, "score", "over nearest labels that a family may reach", TIME)
    headroom_share: float = _tuned(
        0.25, "share", "of what they miss to 90, where that is more", TIME
    )
    codes_score: float = _tuned(0.7, "doublings", "of what is missing by half the codes", TIME)
    size_doubling: float = _tuned(
        0.43, "doublings", "of bytes saved by a doubled rate or half the codes", TIME
    )
    mask_shift: float = _tuned(2.0, "doublings", "of the rate by trusting no mask at all", TIME)
    feedback_shift: float = _tuned(0.7, "doublings", "of the rate that feedback wins", TIME)
    first_position: float = _tuned(8.0, "doublings", "rate of nearest labels' bytes, about", TIME)
    tolerance: float = _tuned(0.5, "score", "over a goal that is near enough", TIME)
    near_tolerance: float = _tuned(
        0.05, "share", "of what a goal misses to the best, where that is less", TIME
    )
    steps: int = _tuned(2, "trials", "of a rate before rows are joined", TIME)
    codes_steps: int = _tuned(7, "trials", "of how many codes plain labels take", TIME)
    join_steps: int = _tuned(4, "trials", "of how many rows to take from which", TIME)
    polish_steps: int = _tuned(12, "trials", "of rates about the best, with the best effort", TIME)
    joined: float = _tuned(0.2, "doublings", "between two trials whose rows are joined", TIME)
    margin: float = _tuned(0.1, "share", "between two trials that the next keeps from both", TIME)
    rate_slope: float = _tuned(0.3, "ln bytes", "saved by a doubled rate at most", TIME)
    late_steps: int = _tuned(3, "trials", "more, where none holds what is asked", "law")
    stride: float = _tuned(0.1, "doublings", "a trial so far, to step at least", TIME)
    dearer: float = _tuned(1.1, "times", "the bytes of twice the codes, where fewer end", TIME)
    fewest_codes: int = _tuned(8, "codes", "that rates are tried with where more leave too much")

    # What is worth a trial, and what is worth its bytes.
    base_score: float = _tuned(
        100.5, "score", "errors are counted from; above 100, for logarithms", "law"
    )
    slope: float = _tuned(0.42, "ln bytes", "saved where what is missing doubles")
    near_points: float = _tuned(
        1.0, "score", "below nearest labels of the most codes, where families are others"
    )
    rank_margin: float = _tuned(0.3, "ln bytes", "over the best family that a second trial gets")
    rank_near: float = _tuned(
        0.05, "ln bytes", "over the best family, within which the next is solved for, too"
    )
    hopeless: float = _tuned(0.2, "ln bytes", "of a rate over plain labels: given up", TIME)
    contour_share: float = _tuned(
        0.5, "share", "of what contours take off a grade that tells the bytes without them"
    )
    useful_rate: int = _tuned(300, "rate", "below which bytes win little score")
    rate_points: float = _tuned(0.6, "score", "below the least useful rate that cost most bytes")
    last_share: float = _eye(
        1.1, "times", "what the worthiest trial out of reach misses may be missed"
    )
    bytes_power: float = _eye(
        1.25, "power", "of the bytes against what is missing, to find the worthiest"
    )
    whole_points: float = _tuned(
        5.0, "score", "whose multiples are given where best is more", "law"
    )
    nearest_points: float = _eye(0.4, "score", "below nearest labels at most, out of reach")
    last_points: float = _eye(6.0, "score", "below the best at most, out of reach")
    banded_last_points: float = _eye(1.5, "score", "the same where contours show", "skies")
    banded_points: float = _eye(20.0, "score", "won by diffusion where contours show")
    diffusions: tuple[int, ...] = _tuned(
        (64, 192), "256ths", "of diffusion that are tried where nearest labels do not reach"
    )
    strongest_diffusion: int = _eye(224, "256ths", "of diffusion, where contours show")
    scan_pixels: int = _tuned(
        1 << 18, "pixels", "of all trials that are more for a small picture: half of codes"
    )
    scan_share: float = _tuned(0.6, "share", "of the codes found, down to which each is tried")
    scan_missed: float = _tuned(
        0.15, "doublings", "of what is missing too much, beyond which codes are too few", TIME
    )
    scan_patience: int = _tuned(2, "codes", "too few, one after the other: the last", TIME)
    scan_margin: float = _tuned(
        0.2, "ln bytes", "over the best rates after half of their trials: given up", TIME
    )
    scan_codes: tuple[float, ...] = _tuned(
        (1.0, 0.7, 1.4), "share", "of the codes found, that rates are tried with"
    )
    scan_steps: int = _tuned(4, "trials", "of each of these rates")
    drawing_files: int = _tuned(
        2, "drafts", "of rates in a drawing: at 16 and at 64 codes, estimates mislead differently"
    )
    small_files: int = _tuned(4, "files", "of rates, and of plain labels, that are written")
    small_tries: int = _tuned(15, "files", "that are written of a small picture to fill a size")
    left: float = _tuned(0.75, "share", "of an estimate that a file takes at the least", TIME)
    slack: float = _tuned(0.02, "share", "over the best finalist's quick size: written too", TIME)
    file_ratio: float = _tuned(0.95, "times", "the estimate a file has, until one is written", TIME)
    file_tries: int = _tuned(5, "files", "of a family that are written to fill a size", TIME)
    filled: float = _tuned(0.97, "share", "of a wanted size that is near enough", TIME)

    # Moving pictures.
    leaving: int = _tuned(
        48, "16ths of a bit", "that leaving a pixel that keeps still saves of those to come", MOVING
    )
    moving_steps: int = _tuned(4, "trials", "of a rate, for all frames together", MOVING)
    moving_frames: int = _tuned(12, "frames", "that a search looks at, about", MOVING)
    moving_run: int = _tuned(4, "frames", "of a run, the first of which leads in", MOVING)
    moving_pixels: int = _tuned(
        1 << 23, "pixels", "of the frames that a search looks at, at most", MOVING
    )
    scored: int = _tuned(3, "frames", "of a run for each that is scored, beside the last", MOVING)
    coded_labels: int = _tuned(
        1 << 12, "labels", "of a patch that is coded to tell its bytes: estimates mislead", MOVING
    )
    unchanged: int = _tuned(
        200, "pixels", "that take as many bytes as a frame that changes none", MOVING
    )
    passes: int = _tuned(3, "passes", "over all frames, where one gives what is asked", MOVING)
    most_passes: int = _tuned(6, "passes", "over all frames, where none does", MOVING)
    pass_gain: float = _tuned(0.1, "score", "that another pass gives where none does", MOVING)
    pass_near: float = _tuned(1.5, "score", "over a goal that needs no other pass", MOVING)
    pass_filled: float = _tuned(0.94, "share", "of a size that needs no other pass", MOVING)
    cut: float = _tuned(
        1.0, "share", "summed over coarse colours, that frames differ by at a cut", MOVING
    )
    part_frames: int = _tuned(4, "frames", "of a part, or of a scene on average", MOVING)
    part_rate: int = _tuned(2000, "rate", "that parts are begun with, at least", MOVING)
    part_points: float = _tuned(
        8.0, "score", "over a goal that codes for all give, below which parts are tried", MOVING
    )
    priors: tuple[int, ...] = _tuned(
        (4, 48), "16ths of a bit", "by leaving, where labels show the same", MOVING
    )
    polished_labels: int = _tuned(
        1 << 16, "labels", "of a patch at most, for others that show the same", MOVING
    )
    polished_share: float = _tuned(0.1, "share", "of it that shows its colour already", MOVING)
    moving_contour: float = _eye(1.0, "contour", "limit in smooth frames, on average", "candle")
    moving_worst: float = _eye(10.0, "score", "that a frame may have less than was asked")

    # Lossy formats.
    crisp: float = _eye(
        80.0, "score", "that a lossy file of a drawing has at least: below, letters smear", "text"
    )
    curve_qualities: tuple[int, ...] = _tuned(
        (20, 40, 55, 70, 80, 88, 94, 100), "quality", "of lossy formats, for the next file", LOSSY
    )
    avif_errors: tuple[float, ...] = _tuned(
        (6.35, 5.65, 4.95, 4.25, 3.9, 3.4, 3.0, 2.35),
        "doublings",
        "of what is missing there in an AVIF",
        LOSSY,
    )
    webp_errors: tuple[float, ...] = _tuned(
        (6.05, 5.65, 5.35, 5.15, 4.8, 4.4, 3.95, 3.7),
        "doublings",
        "of what is missing there in a lossy WebP",
        LOSSY,
    )
    drawing_shift: float = _tuned(
        1.0, "doublings", "less are missing in a drawing, to begin with", LOSSY
    )
    quality_doubling: float = _tuned(
        0.6, "doublings", "of bytes by ten points of a lossy format's quality", LOSSY
    )
    first_quality: int = _tuned(60, "quality", "that a size is begun with", LOSSY)
    quality_steps: int = _tuned(6, "files", "of a lossy format", LOSSY)
    sample_files: int = _tuned(2, "files", "of a sample, to find out where to begin", LOSSY)
    sample_trust: tuple[float, ...] = _tuned(
        (1.2, 2.0),
        "times",
        "the least file that a sample of a photograph, of a drawing exceeds: given up",
        LOSSY,
    )
    lossy_slopes: tuple[float, ...] = _tuned(
        (0.3, 1.0), "ln bytes", "saved by a doubling of what is missing, at least, at most", LOSSY
    )
    windows_pixels: int = _tuned(
        1 << 20, "pixels", "from which windows are asked first whether labels may win", LOSSY
    )
    beaten: float = _tuned(
        0.35, "ln bytes", "of a first look at labels over the least lossy file: given up", LOSSY
    )

    # When no palette can beat a file with losses.
    forecast_safe: float = _tuned(
        1.5, "times", "the input's bytes, from which a forecast is believed", REFUSED
    )
    forecast_least: int = _tuned(
        1 << 16, "pixels", "below which a search takes no longer than a forecast", REFUSED
    )
    forecast_window: tuple[int, ...] = _tuned(
        (32, 320), "pixels", "rows and columns of a window", REFUSED
    )
    forecast_pixels: tuple[int, ...] = _tuned(
        (80_000, 200_000), "pixels", "of all windows, at least and at most", REFUSED
    )
    forecast_share: int = _tuned(16, "th", "of the picture, between these", REFUSED)
    forecast_reach: float = _tuned(
        2.0, "score", "less that the codes of the whole may reach than those of windows", REFUSED
    )
    forecast_steps: int = _tuned(2, "trials", "of each family", REFUSED)


TUNING = Tuning()
"""What the search uses."""


def table() -> str:
    """Lay the numbers out as Markdown, a row for each."""
    rows = ["| number | value | unit | meaning | judged by |", "|---|---|---|---|---|"]
    for number in fields(Tuning):
        value, facts = getattr(TUNING, number.name), number.metadata
        values = value if isinstance(value, tuple) else (value,)
        shown = ", ".join(f"{each:,.7g}".replace("-", "−") for each in values)
        rows.append(
            f"| `{number.name}` | {shown} | {facts['unit']} | {facts['meaning']} "
            f"| {facts['judged']} |"
        )
    return "\n".join(rows)
