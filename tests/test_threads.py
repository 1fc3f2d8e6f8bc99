"""What many threads ask of one workbench at once is made once, and seen whole."""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import numpy as np
import pytest

from huepress import CompressOptions, Image
from huepress.common.once import Memo, once_property
from huepress.common.side_by_side import each
from huepress.search import search, workbench
from huepress.search.aims import of_family
from huepress.search.workbench import Setting, Workbench

THREADS = 16


@pytest.fixture(autouse=True)
def _switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def bench() -> Workbench:
    y, x = np.mgrid[:32, :40].astype(np.uint8)
    image = Image.read(np.dstack([6 * x, 7 * y, 3 * (x + y)]))
    return Workbench(image, CompressOptions(threads=1), lambda _: None)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the workbench fits and masks."""
    counted: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **keywords: Any) -> Any:
            counted[name] += 1
            return function(*args, **keywords)

        return wrapper

    monkeypatch.setattr(workbench, "fit", counting("fit", workbench.fit))
    monkeypatch.setattr(workbench, "Sheet", counting("sheet", workbench.Sheet))
    return counted


def at_once(function: Callable[[int], Any]) -> list[Any]:
    """Call a function with the number of its thread in all threads, none before the last starts."""
    ready = threading.Barrier(THREADS)

    def started(number: int) -> Any:
        ready.wait(60)
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(started, range(THREADS)))


def test_a_family_is_listed_while_others_try_its_rates(bench: Workbench) -> None:
    family = Setting(8)
    trial = bench.trial(Setting(8, rate=100))

    def fill_or_list(number: int) -> list[int]:
        if number % 2:
            for rate in range(number, 4000, THREADS):
                bench.full.trials[Setting(8, rate=rate)] = trial
            return []
        return [len(of_family(family, bench.full)) for _ in range(12)]

    for sizes in at_once(fill_or_list):
        assert sizes == sorted(sizes)


def test_what_all_threads_ask_for_is_made_once(bench: Workbench, calls: Counter[str]) -> None:
    trials = at_once(lambda _: bench.trial(Setting(8, rate=300)))
    assert calls == {"fit": 1, "sheet": 1}
    assert len(set(map(id, trials))) == 1
    assert list(bench.full.trials.values()) == trials[:1]


def test_threads_change_nothing_that_a_search_finds(bench: Workbench) -> None:
    found = [search(bench.image, CompressOptions(quality=60, threads=n)) for n in (1, THREADS)]
    assert found[0].encoded.files == found[1].encoded.files
    assert len(found[0].trials) == len(found[1].trials)


def test_who_waits_for_a_value_that_failed_makes_it() -> None:
    memo: Memo[str, int] = Memo()
    failures = iter([True])

    def make() -> int:
        if next(failures, False):
            raise MemoryError
        return 7

    def ask(_: int) -> int | None:
        try:
            return memo.once("key", make)
        except MemoryError:
            return None

    assert Counter(at_once(ask)) == {7: THREADS - 1, None: 1}


def test_an_attribute_is_made_once_for_each_object() -> None:
    class Thing:
        made = 0

        @once_property
        def value(self) -> object:
            """Any object."""
            self.made += 1
            return object()

    one, other = Thing(), Thing()
    assert len(set(at_once(lambda _: one.value))) == 1
    assert other.value is not one.value
    assert (one.made, other.made) == (1, 1)
    assert Thing.value.__doc__ == "Any object."


@pytest.mark.parametrize("granted", [0, 1, 3])
def test_work_is_done_by_as_many_threads_as_there_are(
    monkeypatch: pytest.MonkeyPatch, granted: int
) -> None:
    start, left = threading.Thread.start, iter(range(granted))

    def refusing(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refusing)
    assert each(abs, list(range(-40, 0)), threads=8) == list(range(40, 0, -1))


def test_what_fails_side_by_side_fails_as_it_does_alone() -> None:
    with pytest.raises(RuntimeError, match="mine"):
        each(failing, [1, 2, 3], threads=2)


def failing(_: int) -> int:
    raise RuntimeError("mine")
