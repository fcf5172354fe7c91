"""Plugins of three kinds, and what a host does about those that fail."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import TYPE_CHECKING

import pytest
from classes_snippets import carriers as host
from classes_snippets.carriers import Carriers

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


# region: plugin
class Post:
    """A plugin in Python."""

    contract_version = 2

    def price(self, grams: int, country: str) -> int:
        """Return the price in cents."""
        return 250 if country == "CH" and grams <= 100 else 1_200


# endregion: plugin


class Messenger:
    """A plugin from the time of version 1."""

    contract_version = 1

    def price(self, grams: int) -> int:
        return 10 * grams


def test_carriers_of_three_kinds_make_quotes(second_copy: ModuleType) -> None:
    carriers = Carriers()
    carriers.add("post", Post)
    carriers.add("messenger", Messenger())
    carriers.add("courier", second_copy.plugins.Courier)
    prices, problems = carriers.quotes(100, "CH")
    assert prices == [("flat", 490), ("post", 250), ("messenger", 1000), ("courier", 900)]
    assert problems == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"contract_version": 3}, "contract version 3; 1 to 2 are supported"),
        ({"contract_version": 0}, "contract version 0; 1 to 2 are supported"),
        ({"contract_version": "2"}, "'str' object cannot be interpreted as an integer"),
        ({"price": 250}, "`price` is not callable"),
        ({"__init__": lambda self, key: None}, "missing 1 required positional argument"),
    ],
)
def test_what_breaks_the_contract_is_refused(change: dict[str, object], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        Carriers().add("post", type("Broken", (Post,), change))
    with pytest.raises(ValueError, match="there is a carrier `flat`"):
        Carriers().add("flat", Post)


def test_a_carrier_that_fails_is_reported(second_copy: ModuleType) -> None:
    class Closed(Post):
        def price(self, grams: int, country: str) -> int:
            raise OSError("closed")

    class Free(Post):
        def price(self, grams: int, country: str) -> int:
            return None  # type: ignore[return-value]

    carriers = Carriers()
    for name, plugin in [("closed", Closed), ("free", Free), ("courier", second_copy.plugins.Courier), ("post", Post)]:
        carriers.add(name, plugin)
    prices, problems = carriers.quotes(60_000, "CH")
    assert [name for name, _ in prices] == ["flat", "post"]
    assert [(name, type(error).__name__) for name, error in problems] == [
        ("closed", "OSError"),
        ("free", "TypeError"),
        ("courier", "PanicException"),
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
def test_what_is_no_fault_of_a_plugin_comes_out(error: type[BaseException]) -> None:
    class Interrupted(Post):
        def price(self, grams: int, country: str) -> int:
            raise error

    carriers = Carriers()
    carriers.add("interrupted", Interrupted)
    with pytest.raises(error):
        carriers.quotes(100, "CH")


def test_a_plugin_may_call_the_host_and_is_collected_with_it() -> None:
    class Cheapest(Post):
        def __init__(self, carriers: Carriers) -> None:
            self.carriers = carriers

        def price(self, grams: int, country: str) -> int:
            self.carriers.add(f"one of {grams}", Post)
            return 1

    carriers = Carriers()
    carriers.add("cheapest", Cheapest(carriers))
    assert carriers.quotes(100, "CH")[0][1] == ("cheapest", 1)
    gone = weakref.ref(carriers)
    del carriers
    gc.collect()
    assert gone() is None


def advertise(folder: Path, distribution: str, source: str) -> None:
    """Write what is left of a distribution after it was installed."""
    module = distribution.replace("-", "_")
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    text = f"[{host.GROUP}]\n{module.lower()} = {module}:Plugin\n"
    (metadata / "entry_points.txt").write_text(text, encoding="utf-8")


def test_installed_plugins_are_discovered_if_they_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = "class Plugin:\n    contract_version = 1\n    def price(self, grams): return 7\n"
    advertise(tmp_path, "z-post", source)
    advertise(tmp_path, "A_Post", source)
    advertise(tmp_path, "bad-post", "raise OSError('no licence')\n")
    advertise(tmp_path, "unknown-post", "raise AssertionError\n")
    advertise(tmp_path, "removed-post", "raise AssertionError\n")
    (tmp_path / "removed_post-1.0.dist-info" / "METADATA").unlink()
    monkeypatch.syspath_prepend(tmp_path)
    carriers = Carriers()
    problems = host.discover(carriers, trusted={"a-post", "bad-post", "Z.post"})
    assert [name for name, _ in carriers.quotes(100, "CH")[0]] == ["flat", "a_post", "z_post"]
    assert [(name, str(error)) for name, error in problems] == [("bad_post", "no licence")]
    assert "unknown_post" not in sys.modules
    assert [record.getMessage() for record in caplog.records] == ["carrier bad_post of bad-post is skipped"]
