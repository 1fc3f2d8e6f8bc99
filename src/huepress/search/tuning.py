"""Every number of the search that was tuned rather than reasoned, with what it means.

``python -m benchmarks.tune CORPUS`` measures them again and prints the table that
docs/how/search.md shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

BYTES = "bytes at equal score"
TIME = "CPU time"


def _tuned(value: Any, unit: str, meaning: str, judged: str = BYTES) -> Any:
    return field(default=value, metadata={"unit": unit, "meaning": meaning, "judged": judged})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The numbers of one search; `metadata` of each field has unit, meaning, and what judges it.

    Parameters
    ----------
    **numbers
        As `table` lists them.
    """

    # What is aimed at.
    photo_score: float = _tuned(
        80.0, "score", "default of photographs, pages and plots", "eye: flips against the original"
    )
    art_score: float = _tuned(
        88.0,
        "score",
        "default of art with alpha, smooth pictures and small drawings",
        "eye: at 80 an icon's shadow has a dirty fringe, a dial streaks",
    )
    icon_score: float = _tuned(
        91.0, "score", "default of those among them that are icons", "eye: at 88 rings are plain"
    )
    small_side: int = _tuned(256, "pixels", "longest side of a small drawing", "eye")
    icon_side: int = _tuned(128, "pixels", "longest side of an icon", "eye")
    faithful: float = _tuned(
        69.0, "score", "above it contours, soft edges and small colours count beside it", "eye"
    )
    contour_points: float = _tuned(
        30.0, "score", "what a contour of 1 above its limit takes off a grade", "eye: skies, dials"
    )
    smooth_contour: float = _tuned(
        0.2, "contour", "limit in smooth pictures; 1 is just visible", "eye: skies, gradients"
    )
    art_contour: float = _tuned(1.0, "contour", "limit in art with alpha by default", "eye: dials")
    asked_art_contour: float = _tuned(
        2.5, "contour", "limit in such art where a quality or size is asked", "eye: dials"
    )
    soft_edges: float = _tuned(
        0.75, "share", "of the soft edges of the most codes that have to stay", "eye: shadows"
    )

    # What kind of picture it is.
    flat: float = _tuned(
        0.4, "share", "of pixels equal to their left neighbour, from which it is a drawing"
    )
    even: int = _tuned(2, "levels", "that a slope bends by at most where it is smooth", "eye")
    rough: int = _tuned(12, "levels", "that only edges and texture bend by", "eye")
    slope_reach: int = _tuned(8, "pixels", "between levels that show a slope", "eye")
    rough_share: float = _tuned(0.03, "share", "of rough pixels, below which it is smooth", "eye")
    smooth_slopes: float = _tuned(
        0.85, "share", "of a drawing's sloping pixels that are even where it is smooth", "eye"
    )
    smooth_drawing: float = _tuned(
        0.1, "share", "of all pixels of a drawing that slope evenly where it is smooth", "eye"
    )
    sample_rows: int = _tuned(
        240, "pixels", "rows of a sample; the score has all its scales from 225 on", TIME
    )
    sample_pixels: int = _tuned(150_000, "pixels", "of a sample at least", TIME)
    sample_band: int = _tuned(48, "pixels", "rows of each band of a sample", TIME)

    # What colours count in a fit.
    seen: float = _tuned(
        0.003,
        "share",
        "of the pixels that a small saturated area counts for",
        "eye: links, legends",
    )
    soft_weight: float = _tuned(4.0, "times", "that a drawing's translucent pixel counts")
    specks: int = _tuned(12, "pixels", "of a small area at least", "eye")
    finest: int = _tuned(50_000, "pixels", "of the picture for each pixel of a small area", "eye")
    hue_cell: int = _tuned(1306, "fit units", "between hues that are told apart: 0.08", "eye")
    saturated: int = _tuned(979, "fit units", "of chroma that a small area has: 0.06", "eye")

    # How pixels are mapped.
    feedback: int = _tuned(144, "256ths", "of an error that the next row makes up for")
    light_diffusion: int = _tuned(56, "256ths", "of diffusion beside a rate, near nearest labels")
    refit_step: int = _tuned(8, "16ths", "of the way of fed codes to their pixels' mean")
    opaque_slopes: int = _tuned(128, "256ths", "of a slope that an opaque picture's mask leaves")
    drawing_cap: int = _tuned(
        1 << 17, "fit units²", "of error in a drawing's lightness at most", "eye: pale lines"
    )
    drawing_chroma_cap: int = _tuned(
        1 << 15, "fit units²", "of error in a drawing's chroma at most", "eye: pale lines"
    )
    filtered_below: int = _tuned(200, "rate", "below which row filters are tried too", TIME)

    # How the knob is turned.
    curve_rates: tuple[float, ...] = _tuned(
        (6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0),
        "doublings",
        "of the rate, at which the next row tells errors",
        TIME,
    )
    curve_errors: tuple[float, ...] = _tuned(
        (-2.5, -1.9, -1.2, 0.0, 1.45, 2.75, 3.85, 4.72, 5.35, 5.85, 6.2),
        "doublings",
        "of what is missing there: a mean over photographs",
        TIME,
    )
    headroom: float = _tuned(2.0, "score", "over nearest labels that a family may reach", TIME)
    headroom_share: float = _tuned(
        0.25, "share", "of what they miss to 90, where that is more", TIME
    )
    photo_steps: int = _tuned(
        2, "trials", "of the rate of a photograph before rows are joined", TIME
    )
    steps: int = _tuned(3, "trials", "of the rate of others", TIME)
    base_score: float = _tuned(100.5, "score", "errors are counted from; keeps logarithms finite")
    tolerance: float = _tuned(0.5, "score", "over a goal that is near enough", TIME)
    near_tolerance: float = _tuned(
        0.05, "share", "of what a goal misses to the best, where that is less", TIME
    )
    photo_slope: float = _tuned(0.42, "ln bytes", "saved where what is missing doubles", TIME)
    drawing_slope: float = _tuned(0.25, "ln bytes", "the same of a drawing", TIME)
    steepest: float = _tuned(0.12, "ln bytes", "saved a point of score at most", TIME)
    rate_slope: float = _tuned(0.3, "ln bytes", "saved by a doubled rate at most", TIME)
    rate_bytes: float = _tuned(0.43, "doublings", "of the bytes saved by a doubled rate", TIME)
    codes_bytes: float = _tuned(0.4, "doublings", "of the bytes for twice the codes", TIME)
    codes_score: float = _tuned(0.7, "doublings", "of what is missing saved by twice them", TIME)
    mask_shift: float = _tuned(2.0, "doublings", "of the rate by trusting no mask at all", TIME)
    feedback_shift: float = _tuned(0.7, "doublings", "of the rate that feedback costs", TIME)
    finest_rate: float = _tuned(0.04, "doublings", "of the rate that scores tell apart", TIME)
    margin: float = _tuned(0.1, "share", "between two trials that the next keeps from both", TIME)
    dearer: float = _tuned(1.1, "times", "the bytes of twice the codes, where fewer end", TIME)
    stride: float = _tuned(0.15, "doublings", "a trial so far, to step at least", TIME)
    longest: float = _tuned(1.5, "times", "the curve's step, of what two trials suggest", TIME)
    vain: float = _tuned(4.0, "doublings", "of a knob that a goal may be away, as steps show", TIME)
    retreats: tuple[float, ...] = _tuned(
        (0.2, 0.6, 1.2), "doublings", "of steps to what holds, where nothing did yet", TIME
    )
    useful_rate: int = _tuned(300, "rate", "below which bytes win little score")
    joined_points: float = _tuned(4.0, "score", "between two trials whose rows may be joined", TIME)
    joined_bytes: float = _tuned(1.08, "times", "the bytes, between such trials for a size", TIME)
    join_steps: int = _tuned(4, "trials", "of how many rows to take from which", TIME)
    polish_steps: int = _tuned(12, "trials", "of rates about the best, with the best effort", TIME)
    fewest_codes: int = _tuned(8, "codes", "that rates are tried with where more leave too much")

    # What is worth a trial, and what is worth its bytes.
    near_points: float = _tuned(
        3.0, "score", "below nearest labels of the most codes, where diffusion pays"
    )
    rate_points: float = _tuned(0.6, "score", "below the least useful rate that cost most bytes")
    hopeless: float = _tuned(0.2, "ln bytes", "over plain labels on the sample: given up", TIME)
    hopeless_first: float = _tuned(0.5, "ln bytes", "the same after the first family alone", TIME)
    rank_margin: float = _tuned(0.15, "ln bytes", "over the best family that a second trial gets")
    behind: float = _tuned(0.08, "ln bytes", "that a first trial on the whole may mislead by")
    last_share: float = _tuned(
        1.1, "times", "what the worthiest trial out of reach misses may be missed", "eye"
    )
    bytes_power: float = _tuned(
        1.25, "power", "of the bytes against what is missing, to find the worthiest", "eye"
    )
    whole_points: float = _tuned(
        5.0, "score", "whose multiples are given where best is more", "law"
    )
    nearest_points: float = _tuned(
        0.4, "score", "below nearest labels at most, out of reach", "eye"
    )
    last_points: float = _tuned(6.0, "score", "below the best at most, out of reach", "eye")
    banded_last_points: float = _tuned(1.5, "score", "the same where contours show", "eye: skies")
    banded_points: float = _tuned(20.0, "score", "won by diffusion where contours show", "eye")
    diffusions: tuple[int, ...] = _tuned(
        (64, 192), "256ths", "of diffusion that are tried where nearest labels do not reach"
    )
    strongest_diffusion: int = _tuned(224, "256ths", "of diffusion, where contours show", "eye")
    photo_left: float = _tuned(0.75, "share", "of an estimate that a photograph's file takes", TIME)
    drawing_left: float = _tuned(0.667, "share", "the same of others", TIME)
    slack: float = _tuned(1.02, "times", "the best finalist's quick size, to be written too", TIME)
    best_slack: float = _tuned(1.2, "times", "the same with the best effort", TIME)
    codes_steps: int = _tuned(6, "trials", "of how many codes plain labels take", TIME)
    art_codes_steps: int = _tuned(
        3, "trials", "of them on the whole of art, which rates suit", TIME
    )
    codes_spare: float = _tuned(
        2.5, "doublings", "of what is missing that the first guess at k trusts", TIME
    )
    weighed_steps: int = _tuned(5, "trials", "of fewer codes with a weighed codebook", TIME)
    first_position: float = _tuned(8.0, "doublings", "rate of nearest labels' bytes, about", TIME)
    plain_ratio: float = _tuned(0.85, "times", "the estimate of plain labels their file has", TIME)
    rate_ratio: float = _tuned(0.96, "times", "the estimate of rate-aware labels theirs has", TIME)
    file_tries: int = _tuned(5, "files", "of a family that are written to fill a size", TIME)
    filled: float = _tuned(0.97, "share", "of a wanted size that is near enough", TIME)


TUNING = Tuning()
"""What the search uses."""


def table() -> str:
    """Lay the numbers out as Markdown.

    Returns
    -------
    str
        A row for each number.
    """
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
