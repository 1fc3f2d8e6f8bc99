"""The report: Markdown tables of everything measured, the machine first."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import rd
from benchmarks.measure import Record
from benchmarks.tables import (
    References,
    Row,
    by,
    done,
    duel,
    rows,
    size_class,
    size_classes,
)

DUELS = (
    ("huepress fast, srgb", ("Pillow", "quantette Wu", "faiss")),
    ("huepress default, srgb", ("libimagequant", "OpenCV", "Pillow", "scikit-learn", "quantette")),
    ("huepress best, srgb", ("scikit-learn KMeans, all pixels", "OpenCV")),
    ("huepress default, oklab", ("quantette", "libimagequant", "pngquant")),
)
KINDS = ((False, "opaque pictures"), (True, "pictures with alpha"))


def table(head: Sequence[str], body: Iterable[Sequence[object]], left: int = 1) -> str:
    """Return a Markdown table; the first `left` columns to the left, the others to the right."""
    lines = [
        "| " + " | ".join(head) + " |",
        "|" + "|".join(["---"] * left + ["---:"] * (len(head) - left)) + "|",
        *("| " + " | ".join(map(str, row)) + " |" for row in body),
    ]
    return "\n".join(lines) + "\n"


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure with so many significant digits, without an exponent."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return f"{value:,.{max(0, digits - whole)}f}".replace(",", " ")


def percent(value: float | None) -> str:
    """Return a change in per cent with its sign."""
    return "–" if value is None else f"{100 * value:+.1f} %".replace("-", "−")


def head(sections: dict[str, dict[str, Any]], clock: str) -> str:
    """Describe the machine, the peers and what is missing."""
    newest = max(sections.values(), key=lambda section: section["machine"]["measured"])
    lines = ["# Benchmark\n", table(("machine", ""), newest["machine"].items(), left=2)]
    lines.append(table(("peer", "version"), newest["present"].items(), left=2))
    if newest["missing"]:
        lines.append(
            table(("**missing**, so not measured", "why"), newest["missing"].items(), left=2)
        )
    body = [
        (name, section["machine"]["measured"], section["settings"])
        for name, section in sections.items()
    ]
    lines.append(table(("part", "measured", "settings"), body, left=3))
    if clock == "cpu":
        lines.append(
            "**Times are processor times**, the machine having been busy; waiting is not in them.\n"
        )
    if len({tuple(_fixed(section["machine"])) for section in sections.values()}) > 1:
        lines.append("**The parts were measured on different machines or versions.**\n")
    return "\n".join(lines)


def _fixed(machine: dict[str, str]) -> list[str]:
    return [value for name, value in machine.items() if name != "measured"]


def fit_section(records: Sequence[Record], references: References, plots: Sequence[str]) -> str:
    lines = ["## Array in, codebook and labels out\n"]
    lines.append(
        "*Ratio*: sRGB MSE (summed over three channels, no dithering, from the final bytes) to the "
        "least of all contenders"
        + (" and of the references given" if references else "")
        + ", picture by picture. Contenders that cluster in Oklab or by a perceptual error do not "
        "aim for it: there, look at SSIMULACRA2 (100 is identical). *ms* and *MP/s* are medians of "
        "the pictures' medians. *Memory* is the worst picture's peak beyond input and labels.\n"
    )
    lines += [f"![Quality against time]({plot})\n" for plot in plots]
    for alpha, title in KINDS:
        part = [record for record in records if record.alpha is alpha]
        for k, of_k in by(rows(part, references), lambda row: row.k).items():
            lines += [f"### k = {k}, {title}\n", _fit_table(part, of_k)]
    opaque = [record for record in records if not record.alpha]
    lines += ["### huepress against its peers\n", _duel_table(opaque), problems(records)]
    return "\n".join(lines)


def _fit_table(records: Sequence[Record], of_k: Sequence[Row]) -> str:
    classes = size_classes(records)
    most = max(row.pictures for row in of_k)
    titles = [f"{unit}, {size}" for size in classes.values() for unit in ("ms", "MP/s")]
    body = []
    for row in of_k:
        short = f" ({row.pictures} of {most} pictures)" if row.pictures < most else ""
        times = [number(of.get(name)) for name in classes for of in (row.milliseconds, row.speed)]
        body.append(
            (
                _ours(row.name) + short,
                number(row.ratio, 4),
                number(row.worst),
                number(row.mse, 4),
                f"{row.ssimulacra2:.1f}",
                *times,
                number(row.working_mib, 2),
            )
        )
    titles = ["", "ratio", "worst", "MSE", "SSIMULACRA2", *titles, "memory, MiB"]
    return table(titles, body)


def _ours(name: str) -> str:
    return f"**{name}**" if name.startswith("huepress") else name


def _duel_table(records: Sequence[Record]) -> str:
    classes = size_classes(records)
    names = list(dict.fromkeys(record.name for record in records))
    body = []
    for ours, prefixes in DUELS:
        for theirs in names:
            if not theirs.startswith(prefixes):
                continue
            for k in sorted({record.k for record in records}):
                found = duel(records, ours, theirs, k)
                if found is not None:
                    change = None if found.mse is None else found.mse - 1
                    factors = [found.faster.get(name) for name in classes]
                    faster = ["–" if x is None else f"{number(x)} ×" for x in factors]
                    score = f"{found.ssimulacra2:+.1f}".replace("-", "−")
                    body.append((_ours(ours), theirs, k, *faster, percent(change), score))
    faster = [f"times as fast, {size}" for size in classes.values()]
    return table(["", "against", "k", *faster, "MSE", "SSIMULACRA2"], body, left=2)


def problems(records: Sequence[Record]) -> str:
    """List what could not be measured, never silently."""
    found = by((r for r in records if r.problem), lambda r: (r.name, r.problem))
    body = [
        (name, problem, ", ".join(dict.fromkeys(f"{r.picture} (k={r.k})" for r in failed)))
        for (name, problem), failed in found.items()
    ]
    return table(("not measured", "why", "where"), body, left=3) if body else ""


def diffusion_section(records: Sequence[Record]) -> str:
    lines = [
        "## Error diffusion\n",
        "Pixels and a codebook in, labels out: Floyd–Steinberg or the peer's own kind, each with a "
        "codebook of its own that was made before.\n",
    ]
    for alpha, title in KINDS:
        part = [record for record in records if record.alpha is alpha]
        classes = size_classes(part)
        for k, of_k in by(rows(part, {}), lambda row: row.k).items():
            body = [
                (
                    _ours(row.name),
                    *(number(of.get(n)) for n in classes for of in (row.milliseconds, row.speed)),
                    f"{row.ssimulacra2:.1f}",
                    number(row.working_mib, 2),
                )
                for row in of_k
            ]
            titles = [f"{unit}, {size}" for size in classes.values() for unit in ("ms", "MP/s")]
            lines.append(f"### k = {k}, {title}\n")
            lines.append(table(["", *titles, "SSIMULACRA2", "memory, MiB"], body))
    lines.append(problems(records))
    return "\n".join(lines)


def command_section(records: Sequence[Record]) -> str:
    k = max((record.k for record in records), default=0)
    lines = [
        "## The whole command, file in, file out\n",
        f"At most {k} colours; the file in is a plain PNG of the same pixels. Times are "
        "medians; memory is the largest process's peak; bytes are those of all pictures.\n",
    ]
    groups = by(records, lambda r: (r.group, size_class(r.pixels)))
    for (group, size), part in groups.items():
        pictures = dict.fromkeys(record.picture for record in part)
        lines.append(f"### {group}, {size} ({', '.join(pictures)})\n")
        body = []
        for name, found in by(done(part), lambda record: record.name).items():
            body.append(
                (
                    _ours(str(name)),
                    number(statistics.median(r.median for r in found)),
                    number(max(r.peak_bytes or 0 for r in found) / 2**20, 2),
                    number(sum(r.output_bytes or 0 for r in found) / 1000, 4),
                    number(statistics.fmean(r.mse for r in found)),
                    f"{statistics.fmean(r.ssimulacra2 for r in found):.1f}",
                )
            )
        lines.append(table(("", "s", "memory, MiB", "kB", "MSE", "SSIMULACRA2"), body))
    lines.append(problems(records))
    return "\n".join(lines)


def _median(points: Sequence[rd.Point], clock: str) -> float:
    values = [p.seconds if clock == "wall" else p.cpu_seconds for p in points]
    return statistics.median(value for value in values if value is not None)


def rd_section(points: Sequence[rd.Point], plots: Sequence[str], clock: str) -> str:
    comparisons = rd.compare(points)
    lines = [
        "## Bytes at equal quality\n",
        "BD-rate: the mean difference of log(bytes) over the SSIMULACRA2 scores, from 40 up, that "
        "both frontiers span, against the Pareto frontier of pngquant `--speed 1` over "
        f"{', '.join(map(str, rd.PNGQUANT_COLORS))} colours with and without dithering, each "
        "finished by oxipng level 4. Alpha is scored on black, grey and white, the worst counting. "
        "Minus is smaller. A class's mean is the mean of its pictures' percentages.\n",
    ]
    body = []
    for (ladder, group), found in by(comparisons, lambda c: (c.ladder, c.group)).items():
        rates = {c.picture: c.rate for c in found if c.rate is not None}
        if not rates:
            body.append((ladder, group, f"0 of {len(found)}", "–", "–", "–", "–"))
            continue
        worst = max(rates, key=lambda picture: rates[picture])
        others = [c.butteraugli_rate for c in found if c.butteraugli_rate is not None]
        body.append(
            (
                ladder,
                group,
                f"{len(rates)} of {len(found)}",
                percent(statistics.fmean(rates.values())),
                f"{percent(min(rates.values()))} … {percent(max(rates.values()))}",
                f"{worst}, {percent(rates[worst])}",
                percent(statistics.fmean(others)) if others else "–",
            )
        )
    titles = ("", "class", "pictures", "BD-rate", "range", "worst", "Butteraugli, 3-norm")
    lines += [table(titles, body, left=2), *(f"![Rate and distortion]({plot})\n" for plot in plots)]
    lines += ["### Picture by picture\n"]
    lines.append(
        "*Best*: the highest score reached; the bytes are those of the smallest of our points that "
        "reaches the reference's best, against the reference's there (– if none does).\n"
    )
    titles = ("", "class", "picture", "BD-rate", "scores", "best", "reference's", "bytes there")
    lines.append(
        table(
            titles,
            [
                (
                    c.ladder,
                    c.group,
                    c.picture,
                    percent(c.rate) if c.problem is None else c.problem,
                    f"{c.low:.0f} to {c.high:.0f}" if c.low and c.high else "–",
                    "–" if c.best is None else f"{c.best:.1f}",
                    "–" if c.reference_best is None else f"{c.reference_best:.1f}",
                    percent(c.bytes_at_best),
                )
                for c in comparisons
            ],
            left=3,
        )
    )
    timed = [p for p in points if p.seconds is not None and p.cpu_seconds is not None]
    seconds = by(timed, lambda p: (p.ladder, size_class(p.pixels)))
    titles = ("seconds a point (median)", "size", "s")
    body = [
        (ladder, size, number(_median(found, clock))) for (ladder, size), found in seconds.items()
    ]
    lines.append(table(titles, body, left=2))
    failed = by((p for p in points if p.problem), lambda p: (p.ladder, p.problem))
    if failed:
        body = [
            (ladder, problem, ", ".join(f"{p.picture} at {p.setting}" for p in found))
            for (ladder, problem), found in failed.items()
        ]
        lines.append(table(("not measured", "why", "where"), body, left=3))
    return "\n".join(lines)
