"""What many threads ask for at once is made once, and changes nothing that is found."""

import copy
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from huepress import CompressOptions, Image
from huepress.common.once import once_property
from huepress.common.side_by_side import each
from huepress.search import search
from huepress.search.trials import Setting
from huepress.search.workbench import Workbench

THREADS = 16


@pytest.fixture(autouse=True)
def _switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(function: Callable[[int], Any]) -> list[Any]:
    """Call a function with the number of its thread in all threads, none before the last starts."""
    ready = threading.Barrier(THREADS)

    def started(number: int) -> Any:
        ready.wait(60)
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(started, range(THREADS)))


@pytest.mark.slow
def test_threads_change_nothing_that_a_search_finds() -> None:
    y, x = np.mgrid[:32, :40].astype(np.uint8)
    image = Image.read(np.dstack([6 * x, 7 * y, 3 * (x + y)]))
    found = [search(image, CompressOptions(quality=60, threads=n)) for n in (1, THREADS)]
    assert found[0].encoded.files == found[1].encoded.files
    settings = [[trial.setting for trial in each.trials] for each in found]
    assert settings[0] == settings[1]


def test_a_workbench_keeps_what_it_made_from_one_thread_only() -> None:
    """Whoever fills what many threads read is the thread that asked for the trials."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40, 3), dtype=np.uint8)
    keepers: set[int] = set()

    class Watched(dict[Any, Any]):
        def __setitem__(self, key: Any, value: Any) -> None:
            keepers.add(threading.get_ident())
            super().__setitem__(key, value)

    bench = Workbench(Image(pixels), CompressOptions(threads=4))
    bench.whole.made = Watched()
    bench.trials([Setting(k, rate=rate) for k in (4, 8) for rate in (0, 300, 3000)])
    assert keepers == {threading.get_ident()}
    assert len(bench.whole.made) == 6


def test_who_waits_for_a_value_that_failed_makes_it() -> None:
    failures = iter([True])

    class Thing:
        @once_property
        def value(self) -> int:
            if next(failures, False):
                raise MemoryError
            return 7

    thing = Thing()

    def ask(_: int) -> int | None:
        try:
            return thing.value
        except MemoryError:
            return None

    assert Counter(at_once(ask)) == {7: THREADS - 1, None: 1}


def test_threads_that_make_values_of_different_objects_do_not_wait_for_each_other() -> None:
    """A fork finds no lock of another picture; cached_property of Python 3.11 has but one."""
    together = threading.Barrier(THREADS)

    class Thing:
        @once_property
        def value(self) -> int:
            return together.wait(60)

    assert sorted(at_once(lambda _: Thing().value)) == list(range(THREADS))


def test_what_made_a_value_once_can_be_copied() -> None:
    y, x = np.mgrid[:16, :16].astype(np.uint8)
    found = search(Image.read(np.dstack([9 * x, 9 * y, x])), CompressOptions(quality=60))
    trial = found.trials[0]
    estimate = trial.estimate
    assert copy.deepcopy(trial).estimate == estimate


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
