"""Timing: contenders take turns, one warm-up each, on the same few cores."""

from __future__ import annotations

import contextlib
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import Command, Contender, Found, Peer, Pixels
from benchmarks.pictures import Picture, load, save_png
from benchmarks.score import Scorer

ROOT = Path(__file__).resolve().parents[1]
SLOW, GLACIAL = 3.0, 10.0
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "MAGICK_THREAD_LIMIT",
)
Log = Callable[[str], None]


@dataclass
class Record:
    """What one contender did on one picture at one k."""

    peer: str
    name: str
    picture: str
    group: str
    pixels: int
    alpha: bool
    k: int
    clock: str = "wall"
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int | None = None
    output_bytes: int | None = None
    codes: int | None = None
    mse: float | None = None
    ssimulacra2: float | None = None
    problem: str | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds if self.clock == "wall" else self.cpu_seconds)

    def timed(self, answer: dict[str, Any]) -> None:
        self.seconds.append(answer["seconds"])
        self.cpu_seconds.append(answer["cpu_seconds"])


def pin(threads: int) -> None:
    """Keep this process and all that it starts to so many cores, the last ones."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))


def runs_after(warm_up: float, repeat: int) -> int:
    """Timed runs after a warm-up: slow contenders get one, very slow ones count the warm-up."""
    return repeat if warm_up < SLOW else 1 if warm_up < GLACIAL else 0


class Worker:
    """A process that serves one contender; see `benchmarks.worker`."""

    def __init__(self, peer: Peer, contender: Contender, threads: int) -> None:
        self._contender = contender
        command = contender.program or (
            *(sys.executable, "-m", "benchmarks.worker"),
            *(peer.name, contender.name, contender.task),
        )
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [*command, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
        )
        self._answer(60)
        self._idle_bytes = self._memory("VmRSS") or 0

    def request(self, fields: Sequence[object], limit: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        line = "\t".join(map(str, fields)) + "\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        return self._answer(limit)

    def forget_peak(self) -> None:
        """Begin a new peak (Linux)."""
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def peak_bytes(self) -> int | None:
        """Most memory held since `forget_peak`, above what the process held before any work."""
        peak = self._memory("VmHWM") if self._contender.in_process else None
        return None if peak is None else max(0, peak - self._idle_bytes)

    def close(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def _answer(self, limit: float) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], limit)[0]:
            self.kill()
            raise TimeoutError(f"took more than {limit:g} s")
        line = stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"ended with status {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def _memory(self, key: str) -> int | None:
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return None
        return next(
            (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(key)),
            None,
        )


class Arena:
    """All contenders of one task, each in its process, taking turns on every picture."""

    def __init__(self, found: Found, task: str, threads: int, limit: float, log: Log) -> None:
        self._threads, self._limit, self._log = threads, limit, log
        self._contenders = found.contenders(task)
        self._workers: dict[str, Worker] = {}
        self._rates: dict[tuple[str, int], float] = {}

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.close()

    def measure(self, picture: Picture, k: int, repeat: int) -> list[Record]:
        pixels = picture.read()
        records = [
            (peer, contender, record_of(peer, contender.name, picture, pixels, k))
            for peer, contender in self._contenders
            if contender.alpha or pixels.shape[2] == 3
        ]
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "pixels")
            pixels.tofile(source)
            wanted = {}
            for index, (peer, contender, record) in enumerate(records):
                fields = (source, *pixels.shape, k, Path(folder, f"{index}.out"))
                warm_up = self._warm_up(peer, contender, record, fields)
                if warm_up is not None:
                    wanted[index] = (fields, runs_after(warm_up["seconds"], repeat))
                    if not wanted[index][1]:
                        record.timed(warm_up)
            for turn in range(repeat):
                for index, (fields, runs) in wanted.items():
                    if turn < runs:
                        _, contender, record = records[index]
                        worker = self._workers[contender.name]
                        answer = worker.request(fields, self._limit)
                        record.timed(answer)
            scorer = Scorer(pixels)
            for index in wanted:
                record = records[index][2]
                _judge(record, Path(folder, f"{index}.out"), scorer)
        self._log(f"  {picture.name}, k={k}: {len(wanted)} of {len(records)} contenders")
        return [record for _, _, record in records]

    def _warm_up(
        self, peer: Peer, contender: Contender, record: Record, fields: Sequence[object]
    ) -> dict[str, Any] | None:
        expected = self._rates.get((contender.name, record.k), 0.0) * record.pixels
        if expected > self._limit:
            record.problem = f"skipped: would take about {expected:.0f} s"
            return None
        try:
            if contender.name not in self._workers:
                self._workers[contender.name] = Worker(peer, contender, self._threads)
            worker = self._workers[contender.name]
            worker.forget_peak()
            answer = worker.request(fields, self._limit)
        except (RuntimeError, TimeoutError, OSError) as error:
            record.problem = str(error)
            worker = self._workers.pop(contender.name, None)
            if worker is not None:
                worker.kill()
            if isinstance(error, TimeoutError):
                self._rates[contender.name, record.k] = 2 * self._limit / record.pixels
            self._log(f"  {contender.name}: {error}")
            return None
        record.peak_bytes = worker.peak_bytes()
        record.codes = answer["codes"]
        self._rates[contender.name, record.k] = answer["seconds"] / record.pixels
        return answer


class Spawner:
    """Runs command lines and measures them; see `benchmarks.spawner`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(__file__).with_name("spawner.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Spawner:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, stages: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Return seconds, cpu_seconds and peak_bytes, or raise RuntimeError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(stages) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


def measure_commands(
    found: Found, picture: Picture, k: int, repeat: int, threads: int, log: Log
) -> list[Record]:
    """Time every command line on one picture, file in to file out."""
    pixels = picture.read()
    commands: list[tuple[Command, Record]] = [
        (command, record_of(peer, command.name, picture, pixels, k))
        for peer, command in found.commands()
        if command.alpha or pixels.shape[2] == 3
    ]
    with tempfile.TemporaryDirectory() as folder, Spawner() as spawner:
        source = Path(folder, "source.png")
        save_png(pixels, source)
        for turn in range(-1, repeat):
            for index, (command, record) in enumerate(commands):
                if record.problem is not None:
                    continue
                target = Path(folder, f"{index}.png")
                target.unlink(missing_ok=True)
                try:
                    answer = spawner.run(command.stages(source, target, k, threads))
                except RuntimeError as error:
                    record.problem = str(error)
                    log(f"  {command.name}: {error}")
                    continue
                if turn >= 0:
                    record.timed(answer)
                    record.peak_bytes = max(record.peak_bytes or 0, answer["peak_bytes"])
        scorer = Scorer(pixels)
        for index, (_, record) in enumerate(commands):
            target = Path(folder, f"{index}.png")
            if record.problem is None and target.exists():
                decoded = load(target, pixels.shape[2])
                record.output_bytes = target.stat().st_size
                record.mse, record.ssimulacra2 = scorer.mse(decoded), scorer.ssimulacra2(decoded)
    log(f"  {picture.name}: {len(commands)} commands")
    return [record for _, record in commands]


def record_of(peer: Peer, name: str, picture: Picture, pixels: Pixels, k: int) -> Record:
    """Begin a record."""
    return Record(
        peer=peer.name,
        name=name,
        picture=picture.name,
        group=picture.group,
        pixels=pixels.shape[0] * pixels.shape[1],
        alpha=pixels.shape[2] == 4,
        k=k,
    )


def as_json(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the records as plain values."""
    return [asdict(record) for record in records]


def _judge(record: Record, output: Path, scorer: Scorer) -> None:
    shape = scorer.original.shape
    data = np.fromfile(output, np.uint8)
    labels = data[-record.pixels :].reshape(shape[:2])
    codebook = data[: -record.pixels].reshape(record.codes, -1)
    decoded = codebook[labels]
    record.mse, record.ssimulacra2 = scorer.mse(decoded), scorer.ssimulacra2(decoded)
