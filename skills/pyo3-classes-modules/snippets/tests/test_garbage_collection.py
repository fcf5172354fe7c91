"""What the collector frees, what it can't see, and when Rust drops."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from classes_snippets._core import garbage_collection as news

if TYPE_CHECKING:
    from collections.abc import Callable


# region: prove
class Owner:
    """Holds the object that leads back to it."""

    held: Any


def is_collected(make: Callable[[Owner], Any]) -> bool:
    """Say whether a cycle is freed: the owner holds what `make` returns, and that holds the owner."""
    owner = Owner()
    owner.held = make(owner)
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    return gone() is None


# endregion: prove


def topic(owner: Owner) -> news.Topic:
    topic = news.Topic()
    topic.subscribe(lambda _: owner)
    return topic


def article(owner: Owner) -> news.Article:
    article = news.Article("Rain")
    article.reader = owner
    return article


def derived(owner: Owner) -> news.Feed:
    class Local(news.Feed):
        reader: Owner

    feed = Local("wire")
    feed.reader = owner
    return feed


@pytest.mark.parametrize(
    "make",
    [
        topic,
        article,
        derived,
        lambda owner: news.FieldRule(lambda _: owner),
        lambda owner: news.TimedFeed(owner, 60),
        lambda owner: news.FilteredFeed(owner, None),
        lambda owner: news.FilteredFeed(None, owner),
    ],
)
def test_cycles_that_the_collector_sees_are_freed(make: Callable[[Owner], Any]) -> None:
    assert is_collected(make)


def test_a_topic_that_panicked_is_freed_all_the_same() -> None:
    def spoilt(owner: Owner) -> news.Topic:
        made = topic(owner)
        with pytest.raises(BaseException, match="spoilt"):
            made.spoil()
        return made

    assert is_collected(spoilt)


@pytest.mark.parametrize(
    "make",
    [lambda owner: news.OpaqueTopic(lambda _: owner), lambda owner: news.ClosureRule(lambda _: owner)],
)
def test_cycles_through_what_is_not_visited_are_kept(make: Callable[[Owner], Any]) -> None:
    assert not is_collected(make)


def test_every_class_is_tracked() -> None:
    assert gc.is_tracked(news.OpaqueTopic(print))
    feed = news.TimedFeed("wire", 60)
    assert set(gc.get_referents(feed)) == {"wire", news.TimedFeed}
    assert set(gc.get_referents(news.OpaqueTopic(print))) == {news.OpaqueTopic}


def test_live_objects_can_be_counted() -> None:
    def count() -> int:
        gc.collect()
        return sum(isinstance(value, news.FieldRule) for value in gc.get_objects())

    before = count()
    rules = [news.FieldRule(print) for _ in range(10)]
    assert count() - before == len(rules)
    del rules
    assert count() == before


def test_a_locked_topic_is_passed_over() -> None:
    # The collector runs while `publish` calls; nothing waits, and the topic lives on.
    topic = news.Topic()
    topic.subscribe(lambda _: gc.collect())
    topic.publish("Rain")


def test_what_is_held_may_be_collected_while_it_is_cleared() -> None:
    class Subscriber:
        def __init__(self, topic: news.Topic) -> None:
            self.topic = topic
            topic.subscribe(self)

        def __del__(self) -> None:
            self.topic.subscribe(print)

    topic = news.Topic()
    Subscriber(topic)
    gone = weakref.ref(topic)
    del topic
    gc.collect()
    gc.collect()
    assert gone() is None


def test_weak_references_and_attributes_need_their_options() -> None:
    article = news.Article("Rain")
    article.stars = 3
    assert article.__dict__ == {"stars": 3}
    assert weakref.ref(article)() is article
    with pytest.raises(TypeError, match="cannot create weak reference to"):
        weakref.ref(news.FieldRule(print))
    with pytest.raises(AttributeError):
        news.FieldRule(print).stars = 3  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        article.title = "Sun"  # type: ignore[misc]

    class Local(news.Feed):
        pass

    feed = Local("wire")
    feed.stars = 3  # type: ignore[attr-defined]
    assert weakref.ref(feed)() is feed

    class Slotted(news.Feed):
        __slots__ = ()

    with pytest.raises(TypeError, match="cannot create weak reference to"):
        weakref.ref(Slotted("wire"))


def test_drop_runs_at_once_and_in_the_thread_of_the_last_reference() -> None:
    log = news.Log()
    connection = log.connect("main")
    del connection
    assert log.lines() == [("main", True)]
    connections = [log.connect("worker")]
    worker = threading.Thread(target=connections.clear)
    worker.start()
    worker.join()
    assert log.lines()[1:] == [("worker", False)]


def test_a_panic_in_drop_is_reported_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(report.exc_type.__name__))
    grenade = news.Grenade()
    del grenade
    assert reports == ["PanicException"]


def test_del_is_called_for_subclasses_in_python_only() -> None:
    calls: list[str] = []
    finalized = news.Finalized(lambda: calls.append("rust"))
    del finalized
    assert calls == []

    class Local(news.Finalized):
        pass

    local = Local(lambda: calls.append("python"))
    del local
    assert calls == ["python"]


def test_a_reference_dropped_while_detached_is_released_at_the_next_call() -> None:
    owner = Owner()
    gone = weakref.ref(owner)
    news.discard(owner)
    del owner
    assert gone() is not None
    news.Log()
    assert gone() is None


def run(program: str) -> subprocess.CompletedProcess[str]:
    code = f"from classes_snippets._core import garbage_collection as news\n{program}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("keep", "dropped"), [("kept = grenade", True), ("news.keep_for_good(grenade)", False)])
def test_at_exit_a_global_is_dropped_and_a_static_is_not(keep: str, dropped: bool) -> None:
    done = run(f"grenade = news.Grenade()\n{keep}\n")
    assert done.returncode == 0
    assert ("PanicException" in done.stderr) == dropped


def test_attaching_is_refused_in_a_traverse() -> None:
    done = run("import gc\nattaching = news.Attaching()\ngc.collect()\n")
    assert done.returncode == 0
    assert "prohibited while a __traverse__ implementation is running" in done.stderr


def test_an_object_visited_twice_is_emptied_while_it_is_in_use() -> None:
    program = (
        "import gc\n"
        "class Owner: pass\n"
        "def use():\n"
        "    owner = Owner()\n"
        "    owner.pair = news.Shared.pair(owner)\n"
        "    gc.collect()\n"
        "    print(hasattr(owner, 'pair'))\n"
        "use()\n"
    )
    assert run(program).stdout == "False\n"


def test_an_object_seen_only_at_first_counts_as_garbage_while_it_is_in_use() -> None:
    program = (
        "import gc, weakref\n"
        "class Owner: pass\n"
        "gc.collect()\n"
        "flaky = news.Flaky(Owner())\n"
        "gone = weakref.ref(flaky.object)\n"
        "gc.collect()\n"
        "print(gone(), type(flaky.object).__name__)\n"
    )
    assert run(program).stdout == "None Owner\n"
