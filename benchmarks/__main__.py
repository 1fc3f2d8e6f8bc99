"""Measure huepress and its peers: `python -m benchmarks IMAGES...`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine, measure, pictures, plots, rd, report, score
from benchmarks.contenders import Found, find
from benchmarks.measure import Record
from benchmarks.peers import PEERS

PARTS = ("fit", "diffusion", "cli", "rd")
HERE = Path(__file__).resolve().parent


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "images", nargs="*", help="pictures or folders; a picture's class is its folder's name"
    )
    parser.add_argument("--threads", type=int, default=1, help="for every contender (1)")
    parser.add_argument("-k", type=int, nargs="+", default=[16, 64, 256], help="16 64 256")
    parser.add_argument("--repeat", type=int, default=5, help="timed runs of each (5)")
    parser.add_argument(
        "--limit", type=float, default=120, help="seconds that one run of one contender may take"
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure (all)"
    )
    parser.add_argument(
        "--peers", nargs="+", metavar="PEER", help="leave other peers out, e.g. huepress Pillow"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the report")
    parser.add_argument(
        "--cache", type=Path, default=HERE / "results" / "cache", help="folder of pngquant's files"
    )
    parser.add_argument(
        "--references", type=Path, help="JSON of the least MSE known: picture, then k, then MSE"
    )
    parser.add_argument(
        "--ladder",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "COMMAND", "SETTINGS"),
        help="one more ladder for rd: a command with {in}, {out} and {x}; settings with commas",
    )
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="the time reported; on a busy machine cpu says more, with one thread",
    )
    parser.add_argument("--butteraugli", action="store_true", help="rd: score with it too (slow)")
    return parser


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    chosen = arguments().parse_args()
    facts = machine.facts(chosen.threads)
    found = find(PEERS)
    if chosen.peers:
        kept = tuple(peer for peer in found.peers if peer.name in chosen.peers)
        left = {peer.name: "left out with --peers" for peer in found.peers if peer not in kept}
        present = {peer.name: found.present[peer.name] for peer in kept}
        found = Found(present, found.missing | left, kept)
    for name, reason in found.missing.items():
        log(f"missing: {name} ({reason})")
    images = pictures.find(chosen.images)
    chosen.out.mkdir(parents=True, exist_ok=True)
    measure.pin(chosen.threads)
    work: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "fit": lambda: _in_arena("fit", chosen, found, images),
        "diffusion": lambda: _in_arena("diffusion", chosen, found, images),
        "cli": lambda: _commands(chosen, found, images),
        "rd": lambda: _ladders(chosen, found, images),
    }
    for part in PARTS if images else ():
        if part in chosen.only:
            log(f"{part}: {len(images)} pictures")
            section = {
                "machine": facts,
                "present": found.present,
                "missing": found.missing,
                "settings": _settings(part, chosen, len(images)),
                "records": work[part](),
            }
            (chosen.out / f"{part}.json").write_text(json.dumps(section, indent=1))
    written = write_report(chosen.out, chosen.references, chosen.clock)
    log(f"report: {written}")


def _settings(part: str, chosen: argparse.Namespace, n_pictures: int) -> str:
    ks = ", ".join(map(str, chosen.k if part == "fit" else [max(chosen.k)]))
    how = "one run a point" if part == "rd" else f"k = {ks}, median of {chosen.repeat} runs"
    return f"{n_pictures} pictures, {how}, {chosen.threads} thread{'s'[: chosen.threads > 1]}"


def _in_arena(
    task: str, chosen: argparse.Namespace, found: Found, images: list[pictures.Picture]
) -> list[dict[str, Any]]:
    records: list[Record] = []
    ks = chosen.k if task == "fit" else [max(chosen.k)]
    with measure.Arena(found, task, chosen.threads, chosen.limit, log) as arena:
        for picture in images:
            for k in ks:
                records += arena.measure(picture, k, chosen.repeat)
    return measure.as_json(records)


def _commands(
    chosen: argparse.Namespace, found: Found, images: list[pictures.Picture]
) -> list[dict[str, Any]]:
    records: list[Record] = []
    for picture in images:
        records += measure.measure_commands(
            found, picture, max(chosen.k), chosen.repeat, chosen.threads, log
        )
    return measure.as_json(records)


def _ladders(
    chosen: argparse.Namespace, found: Found, images: list[pictures.Picture]
) -> list[dict[str, Any]]:
    ladders = [rd.custom_ladder(*ladder) for ladder in chosen.ladder]
    if "huepress" in found.present:
        ladders = [*rd.huepress_ladders(), *ladders]
    if rd.REFERENCE in found.present:
        ladders += rd.reference_ladders(found.present[rd.REFERENCE])
    butteraugli = chosen.butteraugli and score.has_butteraugli()
    if chosen.butteraugli and not butteraugli:
        log("missing: Butteraugli (no program butteraugli_main on the PATH)")
    points = []
    for picture in images:
        points += rd.climb(ladders, picture, chosen.threads, chosen.cache, butteraugli, log)
    return rd.as_json(points)


def write_report(folder: Path, references_file: Path | None, clock: str) -> Path:
    """Write the report and its plots from the parts measured in a folder, now or earlier."""
    sections = {
        part: json.loads((folder / f"{part}.json").read_text())
        for part in PARTS
        if (folder / f"{part}.json").exists()
    }
    if not sections:
        raise SystemExit(f"nothing measured in {folder}; name pictures to measure")
    references = json.loads(references_file.read_text()) if references_file else {}
    text = [report.head(sections, clock)]
    for part, section in sections.items():
        if part == "rd":
            points = [rd.Point(**values) for values in section["records"]]
            text.append(report.rd_section(points, plots.rate_distortion(points, folder), clock))
            continue
        records = [Record(**values | {"clock": clock}) for values in section["records"]]
        if part == "fit":
            drawn = plots.quality_against_time(records, references, folder)
            text.append(report.fit_section(records, references, drawn))
        elif part == "diffusion":
            text.append(report.diffusion_section(records))
        else:
            text.append(report.command_section(records))
    path = folder / "report.md"
    path.write_text("\n".join(text))
    return path


if __name__ == "__main__":
    main()
