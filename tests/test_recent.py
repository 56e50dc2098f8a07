"""The bounded store of recent values."""

from __future__ import annotations

import threading

from macaron_runner.recent import RecentCache


def test_what_was_put_is_there() -> None:
    cache: RecentCache[int] = RecentCache(4)
    cache.put("a", 1)
    cache.put("a", 2)
    assert (cache.get("a"), cache.get("b"), len(cache)) == (2, None, 1)


def test_it_never_holds_more_than_its_limit() -> None:
    cache: RecentCache[int] = RecentCache(10)
    for number in range(1000):
        cache.put(str(number), number)
        assert len(cache) <= 10
    assert cache.get("999") == 999


def test_what_is_in_use_stays() -> None:
    cache: RecentCache[int] = RecentCache(10)
    cache.put("mine", -1)
    for number in range(1000):
        cache.put(str(number), number)
        assert cache.get("mine") == -1


def test_threads_that_read_and_write_at_once_see_right_values() -> None:
    cache: RecentCache[int] = RecentCache(16)
    wrong: list[tuple[int, int | None]] = []

    def work(first: int) -> None:
        for number in range(first, first + 2000):
            cache.put(str(number % 40), number % 40)
            found = cache.get(str(number % 37))
            if found not in (None, number % 37):
                wrong.append((number % 37, found))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert len(cache) <= 16
