"""Crawls of a site on loopback: what they find, what they bear, and what they leave when they are cancelled."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from conftest import HTML, PROJECT, Site, page, serve
from link_crawler import Page, Report, crawl, running, waiting

T = TypeVar("T")

# Reached by code that hangs, and by no other.
LIMIT = 30.0
STEPS = ["visits", "rules", "host turn", "turn", "connect", "secure", "answer", "body", "backoff"]
EMPTY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BUSY = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
BUSY_FOR = "HTTP/1.1 503 Busy\r\nRetry-After: {}\r\nContent-Length: 0\r\n\r\n"


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, LIMIT))


async def until(reached: Callable[[], bool]) -> None:
    """Wait for others; `run` ends a wait in vain."""
    while not reached():
        await asyncio.sleep(0.001)


def idle() -> bool:
    return running() == 0 and not any(waiting().values())


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """No test leaves work behind in Rust."""
    yield
    deadline = time.monotonic() + LIMIT
    while not idle():
        assert time.monotonic() < deadline, (running(), waiting())
        time.sleep(0.001)


async def check(answers: dict[str, str], **options: Any) -> tuple[dict[str, Page], Site]:
    """Crawl a site from `/`; return what is there by its path, and the site."""
    async with serve(Site(answers)) as site:
        report = await crawl(site.url + "/", **({"backoff": 0.001} | options))
        return {page.url.removeprefix(site.url): page for page in report.pages}, site


def test_links_are_followed_and_each_is_asked_for_once() -> None:
    answers = {"/": page("/a", "b", "/a#part", "mailto:a@b.example"), "/a": page("/", "/gone"), "/b": EMPTY}
    pages, site = run(check(answers))
    assert list(pages) == ["/", "/a", "/b", "/gone"]
    assert [page.status for page in pages.values()] == [200, 200, 200, 404]
    assert (pages["/gone"].problem, pages["/gone"].parent) == ("status 404", site.url + "/a")
    assert set(site.requests.values()) == {1}


def test_other_hosts_are_asked_but_not_read() -> None:
    async def main() -> None:
        async with serve(Site({"/": page("/more")})) as other, serve(Site({"/": page(other.url + "/")})) as site:
            report = await crawl(site.url + "/")
            assert sorted(page.url for page in report.pages) == sorted([site.url + "/", other.url + "/"])
            assert other.requests == {"/robots.txt": 1, "/": 1}

    run(main())


def test_robots_are_obeyed() -> None:
    robots = "HTTP/1.1 200 OK\r\n\r\nuser-agent: link-crawler\ndisallow: /no\n"
    pages, site = run(check({"/robots.txt": robots, "/": page("/no", "/yes"), "/yes": EMPTY}))
    assert (pages["/no"].forbidden, pages["/no"].status, pages["/no"].problem) == (True, None, None)
    assert (site.requests["/no"], site.requests["/yes"], site.requests["/robots.txt"]) == (0, 1, 1)


@pytest.mark.parametrize(("robots", "forbidden"), [(BUSY, True), ("!reset", False)])
def test_without_rules_nothing_is_asked(robots: str, forbidden: bool) -> None:
    pages, site = run(check({"/robots.txt": robots, "/": EMPTY}, retries=1))
    assert pages["/"].forbidden is forbidden
    assert (pages["/"].problem is None) is forbidden
    assert site.requests == {"/robots.txt": 2}


def test_robots_that_are_elsewhere_are_none() -> None:
    robots = "HTTP/1.1 301 Away\r\nLocation: /rules\r\nContent-Length: 0\r\n\r\n"
    rules = "HTTP/1.1 200 OK\r\n\r\nuser-agent: *\ndisallow: /\n"
    pages, site = run(check({"/robots.txt": robots, "/rules": rules, "/": EMPTY}))
    assert not pages["/"].forbidden
    assert site.requests == {"/robots.txt": 1, "/": 1}


def test_a_page_with_too_long_links_has_a_problem() -> None:
    answers = {"/": page("/a" * 5_000, "/fine"), "/fine": EMPTY}
    pages, _ = run(check(answers))
    assert pages["/"].problem == "a link of more than 8192 bytes"
    assert pages["/fine"].problem is None


def test_redirects_are_links_and_circles_are_found() -> None:
    def away(target: str) -> str:
        return f"HTTP/1.1 302 Away\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"

    answers = {f"/{number}": away(f"/{number + 1}") for number in range(9)}
    answers |= {"/": page("/old", "/a", "/0", "/odd"), "/old": away("/new#x"), "/new": EMPTY}
    pages, site = run(check(answers | {"/a": away("/b"), "/b": away("/a"), "/odd": away("ftp://a")}))
    assert (pages["/old"].redirect, pages["/old"].problem) == (site.url + "/new", None)
    assert pages["/a"].problem == pages["/b"].problem == "redirects in a circle"
    assert pages["/5"].problem == "more than 5 redirects"
    assert pages["/odd"].problem == "a redirect to nowhere"
    assert "/6" not in pages


# region: faults
@pytest.mark.parametrize(
    ("answer", "problem", "tries"),
    [
        ("!hang", "no answer in time: answer", 2),
        ("!drip", "no answer in time: body", 2),
        ("!flood", "more than 100000 bytes", 1),
        ("!reset", "a bad answer: ", 2),
        ("!raw HTTP/1.1 200 OK\r\nConte", "a bad answer: ", 2),
        (f"!raw {HTML}Content-Length: 9\r\n\r\nshort", "a bad answer: ", 2),
        ("!raw ?\r\n\r\n", "a bad answer: ", 2),
        (BUSY, "status 503", 2),
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "status 500", 1),
        (f"!then {BUSY} | {EMPTY}", None, 2),
        (f"!then {BUSY_FOR.format(0)} | {EMPTY}", None, 2),
        (f"!then !raw ? | {EMPTY}", None, 2),
    ],
)
def test_a_fault_is_a_line_of_the_report(answer: str, problem: str | None, tries: int) -> None:
    answers = {"/": page("/fault", "/fine"), "/fault": answer, "/fine": EMPTY}
    timeout = 1.5 if answer in {"!hang", "!drip"} else LIMIT
    pages, site = run(check(answers, retries=1, timeout=timeout, max_bytes=100_000))
    assert pages["/fine"].problem is None
    assert (pages["/fault"].problem or "").startswith(problem or "")
    assert (pages["/fault"].problem is None) is (problem is None)
    assert (pages["/fault"].tries, site.requests["/fault"]) == (tries, tries)


# endregion: faults


def test_a_server_is_not_waited_for_as_long_as_it_likes() -> None:
    answers = {"/": page("/busy"), "/busy": BUSY_FOR.format(3600)}
    pages, site = run(check(answers, retries=1, longest_wait=0.01))
    assert (pages["/busy"].problem, site.requests["/busy"]) == ("status 503", 2)


def test_nobody_there_is_a_problem_too() -> None:
    async def main() -> Report:
        async with serve(Site({})) as site:
            url = site.url
        return await crawl(url, retries=1, backoff=0.0)

    (page,) = run(main()).broken
    assert page.problem is not None
    assert page.problem.startswith("robots.txt: can't connect: ")


@pytest.mark.parametrize(("limits", "peak"), [({"per_host": 3}, 3), ({"per_host": 9, "connections": 2}, 2)])
def test_a_host_gets_no_more_connections_than_allowed(limits: dict[str, int], peak: int) -> None:
    async def main() -> None:
        links = [f"/{number}" for number in range(20)]
        async with serve(Site({"/": page(*links)} | dict.fromkeys(links, "!hang"))) as site:
            work = asyncio.create_task(crawl(site.url, **limits))  # type: ignore[arg-type]
            await until(lambda: site.open == peak)
            await asyncio.sleep(0.05)
            work.cancel()
            await asyncio.wait([work])
            assert site.peak == peak

    run(main())


def test_a_crawl_that_is_not_complete_says_so() -> None:
    async def main() -> None:
        async with serve(Site({"/": page("/a", "/b", "/c")})) as site:
            report = await crawl(site.url, max_pages=2)
            assert (len(report.pages), report.complete) == (2, False)
            assert (await crawl(site.url, max_pages=4)).complete

    run(main())


def test_https_trusts_whom_it_is_told_to() -> None:
    certificate = PROJECT / "tests" / "localhost.pem"

    async def main() -> None:
        async with serve(Site({"/": EMPTY}), certificate) as site:
            trusted = await crawl(site.url, authorities=certificate.read_bytes())
            assert not trusted.broken
            (stranger,) = (await crawl(site.url)).broken
            assert "no secure connection" in str(stranger.problem)

    run(main())


def resources() -> tuple[int, int]:
    """Return how many files and sockets this process has open, and how many tasks the event loop has."""
    files = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    return files, len(asyncio.all_tasks())


TANGLE = {
    "/robots.txt": "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\ndisallow: /x",
    "/": page("/away", "/busy", "/cut"),
    "/away": "HTTP/1.1 301 Away\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n",
    "/busy": f"!then {BUSY_FOR.format(0)} | {EMPTY}",
    "/cut": f"!raw {HTML}Content-Length: 9\r\n\r\nshort",
    "/end": page("/"),
}


# region: stages
def test_cancelled_at_any_stage_of_any_answer_nothing_is_left() -> None:
    """The site hangs at its first, second, … stage; there the crawl is cancelled."""

    async def crawl_until(stop_at: int) -> int:
        async with serve(Site(TANGLE, stop_at=stop_at)) as site:
            before = resources()
            work = asyncio.create_task(crawl(site.url, retries=1, backoff=0.001, timeout=60.0))
            stopped = asyncio.create_task(site.stopped.wait())
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
            assert stopped.cancel() is not site.stopped.is_set()
            if site.stopped.is_set():
                assert running() == 1
                assert work.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await work
            # It does not matter to the site that it hangs: its connections are closed.
            await until(lambda: site.open == 0 and idle() and resources() == before)
            return site.stages

    async def main() -> None:
        stages = await crawl_until(0)
        threads = threading.active_count()
        for stage in range(1, stages + 1):
            await crawl_until(stage)
        assert stages > 50
        assert threading.active_count() == threads

    run(main())


# endregion: stages


def waits_at(step: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a site, and options of a crawl, that make it wait there."""
    hang = {"/": page("/a", "/b"), "/a": "!hang", "/b": "!hang"}
    places: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "rules": ({"/robots.txt": "!hang"}, {}),
        "host turn": (hang, {"per_host": 1}),
        "turn": (hang, {"connections": 1}),
        "body": ({"/": "!drip"}, {}),
        "backoff": ({"/": BUSY}, {"backoff": 60.0, "longest_wait": 60.0}),
    }
    return places.get(step, (hang, {}))


@pytest.mark.parametrize("step", [step for step in STEPS if step not in {"connect", "secure"}])
@pytest.mark.parametrize("way", ["cancel", "timeout"])
def test_cancelled_at_any_step_nothing_is_left(step: str, way: str) -> None:
    answers, options = waits_at(step)

    async def main() -> None:
        async with serve(Site(answers)) as site:
            limit = asyncio.timeout(None)

            async def work() -> None:
                async with limit:
                    await crawl(site.url, **options)

            task = asyncio.create_task(work())
            await until(lambda: waiting()[step] > 0 and (step in {"turn", "backoff"} or site.open > 0))
            if way == "cancel":
                task.cancel()
            else:
                limit.reschedule(asyncio.get_running_loop().time())
            with pytest.raises(asyncio.CancelledError if way == "cancel" else TimeoutError):
                await task
            await until(lambda: site.open == 0 and idle())

    run(main())


def silent(step: str) -> tuple[socket.socket, list[socket.socket]]:
    """Return a server that accepts nothing: as long as its queue has room there is a connection, but no TLS."""
    server = socket.create_server(("127.0.0.1", 0), backlog=0 if step == "connect" else 9)
    clients = [socket.socket() for _ in range(9 if step == "connect" else 0)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(server.getsockname())
    return server, clients


@pytest.mark.skipif(sys.platform != "linux", reason="how long a queue is differs, and so does the list of open files")
@pytest.mark.parametrize("step", ["connect", "secure"])
def test_cancelled_before_there_is_a_connection_nothing_is_left(step: str) -> None:
    async def main() -> None:
        server, clients = silent(step)
        before = resources()
        task = asyncio.create_task(crawl(f"https://127.0.0.1:{server.getsockname()[1]}"))
        await until(lambda: waiting()[step] > 0)
        await asyncio.sleep(0.05)
        assert waiting()[step] == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: idle() and resources() == before)
        for closed in (server, *clients):
            closed.close()

    run(main())


def test_every_await_in_the_source_stands_behind_a_step() -> None:
    """What awaits a function of the crate waits at that function's own steps; all else has one."""
    sources = {name: (PROJECT / "src" / name).read_text(encoding="utf-8") for name in ("crawl.rs", "fetch.rs")}
    own = set(re.findall(r"async fn (\w+)", "".join(sources.values())))
    waits = [re.split(r"[;{}]", part)[-1] for text in sources.values() for part in text.split(".await")[:-1]]
    assert len(waits) > 15
    for wait in waits:
        called = set(re.findall(r"\.(\w+)\(", wait))
        # The exchange is `answer`, which select! polls beside the connection.
        assert called & ({"at", "within"} | own) or wait.split()[-1] == "answer", wait


@pytest.mark.parametrize("url", ["", "a", "ftp://a.example/", "http://", "http://a b/"])
def test_a_start_is_a_url(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        run(crawl(url))


@pytest.mark.parametrize(
    "options",
    [
        {"per_host": 0},
        {"connections": 0},
        {"max_pages": 0},
        {"timeout": -1.0},
        {"backoff": float("nan")},
        {"longest_wait": float("inf")},
        {"user_agent": "a\r\nb"},
        {"authorities": b"none"},
    ],
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be "):
        run(crawl("http://127.0.0.1/", **options))


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *([] if arguments else ["-c", code]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_command_prints_what_is_broken() -> None:
    async def main() -> subprocess.CompletedProcess[str]:
        async with serve(Site({"/": page("/gone")})) as site:
            done = await asyncio.to_thread(python, "", "-m", "link_crawler", site.url)
            assert done.stdout == f"{site.url}/gone: status 404 (in {site.url}/)\n"
            return done

    done = run(main())
    assert (done.returncode, done.stderr) == (1, "2 links, 1 broken\n")
    done = python("", "-m", "link_crawler", "nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: `nowhere` is not a URL: ")
    done = python("", "-m", "link_crawler", "http://a.example", "--max-pages", "-1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")


def test_a_process_ends_while_a_crawl_hangs() -> None:
    async def main() -> None:
        async with serve(Site({"/robots.txt": "!hang"})) as site:
            code = f"""
import asyncio, threading
from link_crawler import crawl, running
threading.Thread(target=lambda: asyncio.run(crawl({site.url!r})), daemon=True).start()
while not running(): pass
"""
            done = await asyncio.to_thread(python, code)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    run(main())


def test_threads_crawl_on_event_loops_of_their_own() -> None:
    reports: list[Report] = []

    async def main() -> None:
        async with serve(Site({"/": page("/a", "/b"), "/a": EMPTY, "/b": EMPTY})) as site:
            threads = [
                threading.Thread(target=lambda: reports.append(run(crawl(site.url))), daemon=True) for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            await until(lambda: not any(thread.is_alive() for thread in threads))

    run(main())
    assert [[page.status for page in report.pages] for report in reports] == [[200, 200, 200]] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_is_told_that_it_can_not_crawl() -> None:
    code = """
import asyncio, os, warnings
from link_crawler import crawl
warnings.simplefilter("ignore", DeprecationWarning)
asyncio.run(crawl("http://127.0.0.1:1/", retries=0))
if child := os.fork():
    os.waitpid(child, 0)
try:
    asyncio.run(crawl("http://127.0.0.1:1/", retries=0))
except RuntimeError as error:
    print(error)
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "the runtime was started before this process was forked; use `spawn` or `forkserver`\n"


def test_the_example_in_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)

    async def main() -> None:
        async with serve(Site({"/": page("/gone")})) as site:
            done = await asyncio.to_thread(python, example.replace("http://localhost:8000", site.url))
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"{site.url}/gone status 404\nTrue\n"

    run(main())
