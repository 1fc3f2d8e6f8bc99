"""What `action.yml` runs: `huepress check` or `compress --in-place`, told as GitHub shows it.

Each file becomes an annotation, all of them a table in the job's summary, their number and bytes
outputs of the step. It needs nothing but the standard library and the `huepress` beside the Python
that runs it, so that it can be tried anywhere: inputs and files to write are in the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Saving(NamedTuple):
    """A file that could be smaller, or is."""

    name: str
    before: int
    after: int

    @property
    def share(self) -> str:
        """How much of it goes."""
        return f"{1 - self.after / self.before:.0%}"


def main(environment: Mapping[str, str]) -> int:
    """Run the action, and return its exit code."""
    fixes = environment["FIX"] == "true"
    asked = "--can-save", environment["CAN_SAVE"], *_lines(environment["OPTIONS"])
    command = ("compress", "--in-place") if fixes else ("check",)
    words = [*command, "--json", *asked, "--", *_lines(environment["PATHS"])]
    run = subprocess.run(
        [sys.executable, "-m", "huepress", *words], stdout=subprocess.PIPE, check=False
    )
    facts = [json.loads(line) for line in run.stdout.splitlines()]
    savings = [saving for each in facts if (saving := _saving(each)) is not None]
    for saving in savings:
        print(_annotation(saving, fixes=fixes))
    n_bytes = sum(saving.before - saving.after for saving in savings)
    _append(environment["GITHUB_STEP_SUMMARY"], _summary(savings, len(facts), fixes=fixes))
    _append(environment["GITHUB_OUTPUT"], f"files={len(savings)}\nbytes={n_bytes}\n")
    return run.returncode


def _lines(text: str) -> list[str]:
    return [line for part in text.splitlines() if (line := part.strip())]


def _saving(facts: Mapping[str, Any]) -> Saving | None:
    if facts["status"] == "could shrink":
        return Saving(facts["input"], facts["input_bytes"], facts["possible_bytes"])
    if facts["status"] == "written":
        return Saving(facts["input"], facts["input_bytes"], facts["output_bytes"])
    return None


def _annotation(saving: Saving, *, fixes: bool) -> str:
    kind, told = ("notice", "saves") if fixes else ("error", "could save")
    # As GitHub reads it, these signs end a name.
    name = saving.name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
    name = name.replace(":", "%3A").replace(",", "%2C")
    sizes = f"{saving.before:,} → {saving.after:,} bytes"
    return f"::{kind} file={name}::{told} {saving.share} ({sizes})"


def _summary(savings: Sequence[Saving], n_files: int, *, fixes: bool) -> str:
    told = "are smaller now" if fixes else "could be smaller"
    lines = [f"**huepress**: {len(savings)} of {n_files} pictures {told}", ""]
    if savings:
        lines += [f"| picture | bytes | {'now' if fixes else 'possible'} | saved |"]
        lines += ["|---|--:|--:|--:|"]
    for each in sorted(savings, key=lambda saving: saving.after - saving.before):
        name = each.name.replace("|", "\\|").replace("`", "'")
        lines += [f"| `{name}` | {each.before:,} | {each.after:,} | {each.share} |"]
    return "\n".join(lines) + "\n"


def _append(path: str, text: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
