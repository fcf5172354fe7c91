"""Configurations in three forms, all that can be wrong with them, and requests that are matched."""

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomllib
from router_config import (
    Config,
    ConfigError,
    Decision,
    Redirect,
    RedirectTo,
    Respond,
    RespondWith,
    Route,
    Router,
    ToUpstream,
    Upstream,
    read_router,
)
from router_config.model import Timeouts

PROJECT = Path(__file__).parents[1]

TOML = """
listen = "127.0.0.1:8080"
timeouts = {request = 2.5}

[upstreams.api]
servers = ["10.0.0.1:9000", "10.0.0.2:9000"]

[[routes]]
path = "/api"
methods = ["GET", "POST"]
action = {upstream = "api"}

[[routes]]
host = "old.example"
path = "/"
action = {redirect = {to = "https://new.example/"}}

[[routes]]
path = "/"
action = {respond = {status = 404, body = "gone"}}
"""

DATACLASSES = Config(
    listen="127.0.0.1:8080",
    timeouts=Timeouts(request=timedelta(seconds=2.5)),
    upstreams={"api": Upstream(["10.0.0.1:9000", "10.0.0.2:9000"])},
    routes=[
        Route("/api", ToUpstream("api"), methods=("GET", "POST")),
        Route("/", RedirectTo(Redirect("https://new.example/")), host="old.example"),
        Route("/", RespondWith(Respond(404, "gone"))),
    ],
)


# What derived code says, level by level.
ITEM = "failed to extract field Config.routes: item"
ACTION = "failed to extract field Route.action"
REDIRECT = f"{ACTION}: failed to extract field Redirect.status"
REQUEST = "failed to extract field Config.timeouts: failed to extract field Timeouts.request"


def config() -> dict[str, Any]:
    return tomllib.loads(TOML)


# region: forms
def test_all_forms_make_the_same_router(tmp_path: Path) -> None:
    path = tmp_path / "router.toml"
    path.write_text(TOML, encoding="utf-8")
    routers = [read_router(path), Router(config()), Router(DATACLASSES)]
    expected = config() | {
        "timeouts": {"request": timedelta(seconds=2.5), "connect": timedelta(seconds=5)},
        "upstreams": {"api": {"servers": ["10.0.0.1:9000", "10.0.0.2:9000"], "retries": 1}},
        "routes": [
            {"path": "/api", "action": {"upstream": "api"}, "host": None, "methods": ["GET", "POST"]},
            {
                "path": "/",
                "action": {"redirect": {"to": "https://new.example/", "status": 308}},
                "host": "old.example",
                "methods": [],
            },
            {"path": "/", "action": {"respond": {"status": 404, "body": "gone"}}, "host": None, "methods": []},
        ],
    }
    for router in routers:
        assert router.to_dict() == expected
        assert Router(router.to_dict()).to_dict() == expected
    assert repr(routers[0]) == "<Router 3 route(s), 1 upstream(s)>"


def test_tables_and_dataclasses_have_the_same_fields() -> None:
    written = Router(DATACLASSES).to_dict()
    tables: list[tuple[Any, type[Any]]] = [
        (written, Config),
        (written["timeouts"], Timeouts),
        (written["upstreams"]["api"], Upstream),
        (written["routes"][0], Route),
        (written["routes"][1]["action"]["redirect"], Redirect),
        (written["routes"][2]["action"]["respond"], Respond),
    ]
    for table, model in tables:
        assert set(table) == {field.name for field in dataclasses.fields(model)}


# endregion: forms


def test_requests_are_matched() -> None:
    router = Router(config())
    assert router.find("GET", "a.example", "/api/users") == Decision(0, "upstream", "api", None)
    assert router.find("DELETE", "a.example", "/api") == Decision(2, "respond", "gone", 404)
    assert router.find("GET", "OLD.example", "/api") == Decision(1, "redirect", "https://new.example/", 308)
    assert router.find("GET", "a.example", "no-path") is None


def changed(**values: Any) -> dict[str, Any]:
    """Return a configuration in which the value at a place, such as `routes__1__path`, is another one."""
    changed = copy.deepcopy(config())
    for place, value in values.items():
        table: Any = changed
        *parents, last = [int(part) if part.isdigit() else part for part in place.split("__")]
        for part in parents:
            table = table[part]
        if value is KeyError:
            del table[last]
        else:
            table[last] = value
    return changed


# region: shapes
@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("listen", KeyError, "there is no `listen`"),
        ("lisen", 80, "`lisen` is no key here: expected `listen`, `routes`, `timeouts`, `upstreams`"),
        (
            "routes__1__hosts",
            "a",
            f"{ITEM} 1: `hosts` is no key here: expected `path`, `action`, `host`, `methods`",
        ),
        ("routes__2__path", KeyError, f"{ITEM} 2: there is no `path`"),
        ("routes", {}, "failed to extract field Config.routes: expected a list, found `dict`"),
        ("routes__0", "x", f"{ITEM} 0: expected a table, found `str`"),
        ("upstreams__api", [], "failed to extract field Config.upstreams: `api`: expected a table, found `list`"),
        (
            "routes__1__action__redirect__status",
            "301",
            f"{ITEM} 1: {REDIRECT}: 'str' object cannot be interpreted as an integer",
        ),
        (
            "routes__1__action__redirect__status",
            True,
            f"{ITEM} 1: {REDIRECT}: expected a whole number, found `bool`",
        ),
        (
            "routes__0__action",
            {"upstream": "api", "respond": {}},
            f"{ITEM} 0: {ACTION}: expected one of `upstream`, `redirect`, `respond`, found 2 keys",
        ),
        (
            "routes__0__action",
            {"upstreem": "api"},
            f"{ITEM} 0: {ACTION}: `upstreem` is no key here: expected `upstream`, `redirect`, `respond`",
        ),
        (
            "timeouts__request",
            -1,
            f"{REQUEST}: -1.0 seconds are no time",
        ),
        (
            "timeouts__request",
            float("nan"),
            f"{REQUEST}: NaN seconds are no time",
        ),
    ],
)
def test_a_wrong_shape_says_where_it_is(place: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Router(changed(**{place: value}))
    assert caught.value.problems == [message]
    assert caught.value.__cause__ is not None


# endregion: shapes


@pytest.mark.parametrize(
    "values",
    [
        {"listen": 65536},
        {"listen": -1},
        {"listen": True},
        {"listen": None},
        {"listen": 10**5000},
        {"upstreams__api__retries": 256},
        {"upstreams__api__servers": "10.0.0.1:80"},
        {"routes__0__methods": "GET"},
        {"routes__0__path": "\ud800"},
        {"timeouts__request": timedelta(seconds=-1)},
        {"timeouts__request": float("inf")},
        {"timeouts__request": 10**400},
        {"timeouts__request": False},
        {"timeouts": {}},
    ],
)
def test_what_rust_has_no_value_for_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Router(changed(**values))


@pytest.mark.parametrize("value", [None, [], "listen = 80", 5, Config, {5: 5}, dataclasses])
def test_what_is_no_configuration_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"expected a table|expected a text as key"):
        Router(value)


# region: meaning
def test_all_that_makes_no_sense_is_told_at_once() -> None:
    values = changed(
        listen=0,
        timeouts__request=0,
        upstreams__api__servers=["10.0.0.1"],
        routes__0__action__upstream="apo",
        routes__1__action__redirect__status=200,
        routes__2__action__respond__status=99,
        routes__2__path="users",
    )
    with pytest.raises(ConfigError) as caught:
        Router(values)
    assert caught.value.problems == [
        "listen: 0 is no port",
        "timeouts.request: must be between a millisecond and a day",
        "upstreams.api.servers[0]: `10.0.0.1` is no host with a port",
        "routes[0].action.upstream: there is no upstream `apo`",
        "routes[1].action.redirect.status: 200 is no redirect",
        "routes[2].path: `users` is no path",
        "routes[2].action.respond.status: 99 is no status of a response",
    ]
    assert str(caught.value).splitlines() == caught.value.problems


# endregion: meaning


def test_a_problem_in_a_file_has_its_path(tmp_path: Path) -> None:
    path = tmp_path / "router.toml"
    path.write_text("listen = 0\nroutes = []", encoding="utf-8")
    with pytest.raises(ConfigError, match="listen: 0 is no port") as caught:
        read_router(path)
    assert caught.value.__notes__ == [f"in `{path}`"]
    path.write_text("listen =", encoding="utf-8")
    with pytest.raises(tomllib.TOMLDecodeError):
        read_router(path)


def test_the_exception_can_be_pickled() -> None:
    with pytest.raises(ConfigError) as caught:
        Router({})
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert error.problems == caught.value.problems == ["there is no `listen`"]
    assert isinstance(error, ValueError)


# region: callers
class Whole:
    """A number that does something when it is read."""

    def __init__(self, act: Callable[[], int]) -> None:
        self.act = act

    def __index__(self) -> int:
        return self.act()


def test_a_subclass_of_dict_is_read_as_a_dict() -> None:
    class Broken(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise ZeroDivisionError(key)

    assert Router(Broken(config())).to_dict() == Router(config()).to_dict()
    assert Router(defaultdict(list, config())).to_dict() == Router(config()).to_dict()


def test_a_table_may_change_while_it_is_read() -> None:
    values = config()
    upstreams = values["upstreams"]
    number = Whole(lambda: upstreams.clear() or 3)
    upstreams.update(first={"servers": ["a:1"], "retries": number}, second={"servers": ["b:1"]})
    assert set(Router(values).to_dict()["upstreams"]) == {"api", "first", "second"}
    assert not upstreams


def test_what_a_value_raises_is_a_cause() -> None:
    def fail() -> int:
        error = ZeroDivisionError("no number today")
        error.__cause__ = error
        raise error

    with pytest.raises(ConfigError, match=r"Upstream.retries: no number today(: no number today)+$"):
        Router(changed(upstreams__api__retries=Whole(fail)))


def test_an_interrupt_stays_one() -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Router(changed(upstreams__api__retries=Whole(interrupt)))


# endregion: callers


@pytest.mark.parametrize("seconds", [0, 1e-9, 86_401, 1e15, 1e18])
def test_a_time_must_be_one_that_python_has_and_that_is_useful(seconds: float) -> None:
    with pytest.raises(ConfigError, match=r"timeouts.request: must be between a millisecond and a day"):
        Router(changed(timeouts__request=seconds))


def test_a_router_does_not_see_later_changes() -> None:
    values = config()
    router = Router(values)
    before = router.to_dict()
    values["routes"].clear()
    router.to_dict()["routes"].clear()
    assert router.to_dict() == before


def test_threads_share_a_router() -> None:
    router = Router(config())
    with ThreadPoolExecutor(8) as pool:
        decisions = list(pool.map(lambda _: router.find("GET", "x", "/api"), range(2000)))
    assert set(decisions) == {Decision(0, "upstream", "api", None)}


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
