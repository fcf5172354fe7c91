"""Who has the object while a method runs, in one thread and in several."""

import sys
import threading
from collections.abc import Callable

import pytest
from classes_snippets._core import receivers

Basket, Feed, Folder = receivers.Basket, receivers.Feed, receivers.Folder


def basket(*articles: str) -> Basket:
    filled = Basket()
    for article in articles:
        filled.add(article)
    return filled


def in_thread(work: Callable[[], object]) -> list[BaseException]:
    """Run it in a thread of its own, and return what it raised."""
    raised = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  a panic is none of `Exception`
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    return raised


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (len, "Already mutably borrowed"),
        (Basket.first, "Already mutably borrowed"),
        (lambda it: it.add("x"), "Already borrowed"),
    ],
)
def test_a_callback_finds_the_object_borrowed(callback: Callable[[Basket], object], message: str) -> None:
    mine = basket("pen")
    with pytest.raises(RuntimeError, match=f"^{message}$"):
        mine.filter(lambda _: callback(mine))
    assert len(mine) == 1


def test_readers_share_and_a_writer_waits_for_none() -> None:
    mine = basket("pen", "ink")
    mine.visit(lambda article: (len(mine), mine.first() == article))
    with pytest.raises(RuntimeError, match=r"^Already borrowed$"):
        mine.visit(lambda _: mine.add("x"))


def test_the_first_call_goes_on() -> None:
    mine = basket("pen", "ink")

    def accepts(article: str) -> bool:
        with pytest.raises(RuntimeError):
            mine.add("x")
        return article == "ink"

    mine.filter(accepts)
    assert len(mine) == 1


def test_one_object_cannot_be_borrowed_twice() -> None:
    mine, other = basket("pen"), basket("ink")
    mine.take_from(other)
    assert (len(mine), len(other)) == (2, 0)
    with pytest.raises(RuntimeError, match="Already borrowed"):
        mine.take_from(mine)


def test_a_short_borrow_leaves_the_object_free() -> None:
    mine = basket("pen", "ink")
    mine.filter_freely(lambda article: len(mine) == 2 and article != "ink")
    assert len(mine) == 1
    mine.filter(lambda _: mine.count() is None)
    assert mine.count() == 1


def test_what_does_not_try_panics() -> None:
    mine = basket("pen")
    with pytest.raises(BaseException, match="Already borrowed") as caught:
        mine.visit(lambda _: mine.clear())
    assert not isinstance(caught.value, Exception)
    with pytest.raises(RuntimeError, match="Already borrowed"):
        mine.visit(lambda _: mine.filter_freely(bool))


def test_another_thread_finds_it_borrowed_while_a_method_is_detached() -> None:
    mine = basket("pen", "ink")
    raised: list[BaseException] = []

    def ask() -> None:
        while not raised and sorting.is_alive():
            try:
                len(mine)
            except RuntimeError as error:
                raised.append(error)

    sorting = threading.Thread(target=mine.sort)
    asking = threading.Thread(target=ask)
    sorting.start()
    asking.start()
    for thread in (sorting, asking):
        thread.join(timeout=60)
    assert [str(error) for error in raised] == ["Already mutably borrowed"]
    assert len(mine) == 2


def test_atomics_count_in_threads() -> None:
    turnstile = receivers.Turnstile()
    entrances = [turnstile, receivers.Turnstile()]
    threads = [threading.Thread(target=lambda: [turnstile.enter() for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert receivers.count_visitors(entrances) == 4000


def test_listeners_may_subscribe_others() -> None:
    feed, heard = Feed(), []
    feed.subscribe(lambda _: feed.subscribe(heard.append))
    assert (feed.publish("rain"), feed.publish("sun"), heard) == (1, 2, ["sun"])


def test_words_are_counted_once_asked() -> None:
    document = receivers.Document("one two three")
    assert (document.words, document.words) == (3, 3)


def test_a_method_stores_and_returns_the_object() -> None:
    root = Folder("root")
    leaf = root.child("a").child("b")
    assert (leaf.path(), leaf.parent.parent is root, root.parent) == (["root", "a", "b"], True, None)
    mine = basket()
    assert mine.with_article("pen").with_article("ink") is mine
    assert len(mine) == 2


def test_an_unsendable_object_panics_elsewhere() -> None:
    tape = receivers.Tape([1, 2])
    assert len(tape) == 2
    assert not in_thread(lambda: {tape: type(tape)})
    (error,) = in_thread(lambda: len(tape))
    assert "is unsendable, but sent to another thread" in str(error)
    assert not isinstance(error, Exception)


def test_dropping_an_unsendable_object_elsewhere_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(str(report.exc_value)))
    tapes = [receivers.Tape([1])]
    assert not in_thread(tapes.clear)
    assert any("is unsendable, but is being dropped on another thread" in report for report in reports)
