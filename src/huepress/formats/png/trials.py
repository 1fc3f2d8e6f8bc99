"""Trials of candidates at a quick level of deflate, and the choice of what is written in full.

Candidates are tried side by side; each has one possible outcome, and ties go to the first, so the
file is the same for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from huepress.common.once import once_property
from huepress.common.side_by_side import each
from huepress.formats.common import Effort
from huepress.formats.metadata import Metadata
from huepress.formats.png.candidates import Candidate, is_small
from huepress.formats.png.plans import Plan, plans_of

_SMALL_LEVEL, _SMALL_SLACK, _SMALL_FINALISTS = 12, 1.03, 3
"""Of a small picture every candidate is tried at libdeflate's last level, and those within this
factor of the least are written in full, but so many at the most."""

_SMALL_LEAST = 0.94
"""Of these bytes a file takes at least so many: of 760 of icons and sprites 0.958 at the least."""

_BEST_MOST = 1 << 15
"""Up to so many bytes of samples the best effort's writer is worth its time: 16 to 300 times that
of libdeflate's last level, for 0.2 % of the bytes beyond an icon."""

_SAMPLED_BYTES, _SAMPLED_BANDS = 1 << 19, 8
"""Of a large picture, bands of rows are tried: so many, of so many bytes together."""

UNFILTERED_GAIN, PACKED_GAIN, FILTERED_GAIN, _FEW_GAIN = 0.93, 0.93, 0.92, 0.95
"""Bytes of our writer by those at the quick level: means over drawings, art and photographs; and a
factor for at most 16 codes at a byte each, of which it saves more."""

_FILTERED_LEAST, _DRAWING_LEAST = 0.92, 0.8
"""Filtered rows as written by their estimate, at the least that is likely, so that none is given up
whose file would be smaller. Of 136 pictures and numbers of codes they took 1.01 in the
middle, 0.9 in one case of ten, and 0.77 at the least."""

_DRAWING = 6
"""Filtered rows that shrink by more than this factor are those of a drawing."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A candidate, and the bytes that it is estimated to take at the final level."""

    candidate: Candidate
    estimate: float

    @property
    def is_small(self) -> bool:
        """Whether the picture is small, and the estimate so close."""
        return is_small(self.candidate.samples.n_pixels)

    @property
    def least(self) -> float:
        """The fewest bytes that it may take."""
        if self.is_small:
            return _SMALL_LEAST * self.estimate
        is_drawing = self.estimate < len(self.candidate.samples) / _DRAWING
        if not self.candidate.is_filtered:
            return self.estimate
        return (_DRAWING_LEAST if is_drawing else _FILTERED_LEAST) * self.estimate


class Draft:
    """A PNG that is to be written in the smallest of several ways.

    `candidates` lists the ways that a plan allows; the plans are those of the effort.
    """

    def __init__(
        self,
        candidates: Callable[[Plan], Iterator[Candidate]],
        effort: Effort,
        metadata: Metadata,
        *,
        filtered: bool = True,
        threads: int = 0,
    ) -> None:
        plans = plans_of(effort, filtered=filtered)
        ways = ((plan, list(candidates(plan))) for plan in plans)
        # What the best effort tries beside the default one of a small picture are only filters.
        self._ways = [(plan, listed) for plan, listed in ways if listed]
        self._metadata, self._threads = metadata, threads

    @property
    def expected_bytes(self) -> float:
        """Bytes that the file should take, judged by a quick level."""
        return min(trial.estimate for trials in self._trials for trial in trials)

    @property
    def least_bytes(self) -> float:
        """The least bytes that it may take."""
        return min(trial.least for trials in self._trials for trial in trials)

    def encode(self) -> bytes:
        """Write what looks best at the quick level; return the least, the first of equals."""
        written = self.encode_below(None)
        assert written is not None  # nothing limits it
        return written

    def encode_below(self, limit: int | None) -> bytes | None:
        """Do so; or return None where it soon shows that all take so many bytes or more."""
        if all(len(candidates) == 1 for _, candidates in self._ways):
            return self._written(self._ways[0][0], self._ways[0][1][0], limit)
        chosen = [
            (plan, trial)
            for (plan, _), trials in zip(self._ways, self._trials, strict=True)
            for trial in _finalists(trials, plan)
        ]
        if not chosen[0][1].is_small:
            files = each(
                lambda way: self._written(way[0], way[1].candidate, limit), chosen, self._threads
            )
            return min((file for file in files if file is not None), key=len, default=None)
        least: bytes | None = None
        for plan, trial in chosen:
            most = limit if least is None else len(least)
            if most is not None and trial.least >= most:
                continue
            file = self._written(plan, trial.candidate, most)
            if file is not None and (least is None or len(file) < len(least)):
                least = file
        return least

    def _written(self, plan: Plan, one: Candidate, limit: int | None) -> bytes | None:
        too_large = plan.final == "best" and len(one.samples) > _BEST_MOST
        packing = "normal" if too_large else plan.final
        if limit is None or isinstance(packing, int):
            return one.samples.write(one.filtering, packing, self._metadata)
        return one.samples.write_below(limit, one.filtering, packing, self._metadata)

    @once_property
    def _trials(self) -> list[list[_Trial]]:
        return [_tried(candidates, plan, self._threads) for plan, candidates in self._ways]


def _tried(candidates: list[Candidate], plan: Plan, threads: int) -> list[_Trial]:
    """Try candidates at the quick level, the later ones only if a filter comes near to none."""

    def tried(some: list[Candidate]) -> list[_Trial]:
        return each(lambda one: _Trial(one, _estimate(one, plan.trial_level)), some, threads)

    if is_small(candidates[0].samples.n_pixels):
        return tried(candidates)
    trials = tried([candidate for candidate in candidates if not candidate.later])
    filtered = [trial.estimate for trial in trials if trial.candidate.is_filtered]
    unfiltered = [trial.estimate for trial in trials if not trial.candidate.is_filtered]
    if filtered and unfiltered and min(filtered) > plan.patience * min(unfiltered):
        return trials
    return trials + tried([candidate for candidate in candidates if candidate.later])


def _estimate(candidate: Candidate, level: int) -> float:
    """Estimate bytes at the final level by a quick one; of large pictures, by bands of rows."""
    samples, height = candidate.samples, candidate.samples.height
    if is_small(samples.n_pixels):
        return len(samples.write(candidate.filtering, _SMALL_LEVEL))
    rows = -(-_SAMPLED_BYTES * height // (_SAMPLED_BANDS * len(samples)))
    if 2 * _SAMPLED_BANDS * rows > height:
        return len(samples.write(candidate.filtering, level)) * _gain(candidate)
    starts = [(height - rows) * i // (_SAMPLED_BANDS - 1) for i in range(_SAMPLED_BANDS)]
    bands = samples.bands(starts, rows)
    written = len(bands.write(candidate.filtering, level))
    return written * _gain(candidate) * height / bands.height


def _gain(candidate: Candidate) -> float:
    """Tell what our writer leaves of the bytes of the quick level."""
    samples = candidate.samples
    if samples.depth < 8:
        return PACKED_GAIN
    few = samples.palette is not None and len(samples.palette) <= 16
    gain = FILTERED_GAIN if candidate.is_filtered else UNFILTERED_GAIN
    return gain * (_FEW_GAIN if few else 1)


def _finalists(trials: list[_Trial], plan: Plan) -> list[_Trial]:
    """Choose what is written in full: the best of each kind; of a small picture, all near it."""
    ranked = sorted(trials, key=lambda trial: trial.estimate)
    if ranked[0].is_small:
        near = _SMALL_SLACK * ranked[0].estimate
        return [trial for trial in ranked[:_SMALL_FINALISTS] if trial.estimate <= near]
    kinds: dict[tuple[int, bool], list[_Trial]] = {}
    for trial in ranked:
        kind = (trial.candidate.samples.depth, trial.candidate.is_filtered)
        kinds.setdefault(kind, []).append(trial)
    best = next(iter(kinds.values()))[0]

    def limit(trial: _Trial) -> float:
        # The final level hardly changes by how much one depth is ahead of another.
        alike = trial.candidate.is_filtered == best.candidate.is_filtered
        return (1 + plan.slack / (3 if alike else 1)) * best.estimate

    chosen = [trial for alike in kinds.values() for trial in alike[: plan.finalists]]
    return [trial for trial in chosen if trial.estimate <= limit(trial)]
