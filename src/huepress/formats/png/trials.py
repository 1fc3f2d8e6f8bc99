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

_BEST_MOST = 1 << 15
"""Up to so many bytes of samples the best effort's writer is worth its time: 16 to 300 times that
of libdeflate's last level, for 0.2 % of the bytes beyond an icon."""

_SAMPLED_BYTES, _SAMPLED_BANDS = 1 << 19, 8
"""Of a large picture, bands of rows are tried: so many, of so many bytes together."""

PACKED_GAIN, UNFILTERED_GAIN, FILTERED_GAIN = 1.0, 0.96, 0.98
"""Bytes at the final level by those at the quick one: means over drawings, art and photographs."""

_FILTERED_LIKELY, _DRAWING_LEAST = 0.92, 0.84
"""Filtered rows as written by their estimate, when drafts are compared: low values, so that none is
given up whose file would be smaller. Over 21 photographs, pieces of art and pages with 32 and 200
codes they took 0.94 in the middle and 0.91 in one case of ten; those of drawings, of which the
final level saves most, 0.85 at the least."""

_DRAWING = 6
"""Filtered rows that shrink by more than this factor are those of a drawing."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A candidate, and the bytes that it is estimated to take at the final level."""

    candidate: Candidate
    estimate: float

    @property
    def likely(self) -> float:
        """Bytes that it should take."""
        return self.estimate * (_FILTERED_LIKELY if self.candidate.is_filtered else 1)

    @property
    def least(self) -> float:
        """The fewest bytes that it may take."""
        is_drawing = self.estimate < len(self.candidate.samples) / _DRAWING
        if self.candidate.is_filtered and is_drawing:
            return _DRAWING_LEAST * self.estimate
        return self.likely


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
        self._ways = [(plan, list(candidates(plan))) for plan in plans]
        self._metadata, self._threads = metadata, threads

    @property
    def expected_bytes(self) -> float:
        """Bytes that the file should take, judged by a quick level."""
        return min(trial.likely for trials in self._trials for trial in trials)

    @property
    def least_bytes(self) -> float:
        """The least bytes that it may take."""
        return min(trial.least for trials in self._trials for trial in trials)

    def encode(self) -> bytes:
        """Write what looks best at the quick level; return the least, the first of equals."""
        if all(len(candidates) == 1 for _, candidates in self._ways):
            chosen = [(plan, candidates[0]) for plan, candidates in self._ways[:1]]
        else:
            chosen = [
                (plan, candidate)
                for (plan, _), trials in zip(self._ways, self._trials, strict=True)
                for candidate in _finalists(trials, plan)
            ]

        def written(way: tuple[Plan, Candidate]) -> bytes:
            plan, one = way
            large = plan.final == "best" and len(one.samples) > _BEST_MOST
            final = "normal" if large else plan.final
            return one.samples.write(one.filtering, final, self._metadata)

        return min(each(written, chosen, self._threads), key=len)

    @once_property
    def _trials(self) -> list[list[_Trial]]:
        return [_tried(candidates, plan, self._threads) for plan, candidates in self._ways]


def _tried(candidates: list[Candidate], plan: Plan, threads: int) -> list[_Trial]:
    """Try candidates at the quick level, the later ones only if a filter comes near to none."""

    def tried(some: list[Candidate]) -> list[_Trial]:
        return each(lambda one: _Trial(one, _estimate(one, plan.trial_level)), some, threads)

    if is_small(candidates[0].samples):
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
    if is_small(samples):
        return len(samples.write(candidate.filtering, _SMALL_LEVEL))
    if samples.depth < 8:
        gain = PACKED_GAIN
    else:
        gain = FILTERED_GAIN if candidate.is_filtered else UNFILTERED_GAIN
    rows = -(-_SAMPLED_BYTES * height // (_SAMPLED_BANDS * len(samples)))
    if 2 * _SAMPLED_BANDS * rows > height:
        return len(samples.write(candidate.filtering, level)) * gain
    starts = [(height - rows) * i // (_SAMPLED_BANDS - 1) for i in range(_SAMPLED_BANDS)]
    bands = samples.bands(starts, rows)
    return len(bands.write(candidate.filtering, level)) * gain * height / bands.height


def _finalists(trials: list[_Trial], plan: Plan) -> list[Candidate]:
    """Choose what is written in full: the best of each kind; of a small picture, all near it."""
    ranked = sorted(trials, key=lambda trial: trial.estimate)
    if is_small(trials[0].candidate.samples):
        near = _SMALL_SLACK * ranked[0].estimate
        return [t.candidate for t in ranked[:_SMALL_FINALISTS] if t.estimate <= near]
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
    return [trial.candidate for trial in chosen if trial.estimate <= limit(trial)]
