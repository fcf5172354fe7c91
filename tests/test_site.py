"""The site of documents: every page is on it, every link leads somewhere, and it fits a phone."""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from docs.documents import ROOT, documents
from docs.feature_pages import feature_pages
from scaffolder.skills import load_skills
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HARNESS = Path(__file__).with_name("site_widths.html")
# A small phone, and a laptop.
SCREENS = [360, 1280]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does: a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", "docs"]
    command = [sys.executable, "-m", "sphinx", *options, ".", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        address = values.get("src" if tag in {"img", "script"} else "href")
        self.links.update([address] if address else [])


def pages_of(site: Path) -> list[str]:
    """Return the pages that have a text, from the folder of the site."""
    paths = [path.relative_to(site) for path in site.rglob("*.html")]
    return sorted(path.as_posix() for path in paths if len(path.parts) > 1 and path.parts[0] != "_static")


def test_every_page_is_on_the_site(site: Path) -> None:
    examples = [example.path / "README.md" for skill in load_skills() for example in skill.examples]
    tutorial = [CHECKOUT / "docs/port-a-slow-function.md"]
    own = [CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md")]
    for page in [*documents(), *examples, *tutorial, *feature_pages(ROOT), *own]:
        assert (site / page.relative_to(CHECKOUT)).with_suffix(".html").is_file(), page
    first = re.findall(r"url=([^\"]+)", (site / "index.html").read_text(encoding="utf-8"))
    assert [(site / address).is_file() for address in first] == [True]


def test_every_link_inside_the_site_leads_somewhere(site: Path) -> None:
    pages = {path: Page(path) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"`{link}` in {path.relative_to(site)}"
            anchor = unquote(parts.fragment)
            assert not anchor or target not in pages or anchor in pages[target].anchors, f"`{link}` in {path}"


def test_the_first_page_begins_with_a_command_and_leads_to_every_feature_and_skill(site: Path) -> None:
    text = (site / "docs/index.html").read_text(encoding="utf-8")
    assert text.index("uvx pyo3-new new") < text.index("What you get") < text.index("Learn PyO3")
    links = Page(site / "docs/index.html").links
    for page in feature_pages(ROOT):
        assert f"features/{page.stem}.html" in links
    for skill in load_skills():
        assert f"../skills/{skill.name}/SKILL.html" in links


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site behind an address: a browser lets no page look into another that is a file."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed, which measures the pages")
def test_no_page_and_no_table_is_wider_than_a_screen(site: Path, address: str, tmp_path: Path) -> None:
    harness = HARNESS.read_text(encoding="utf-8")
    pages = pages_of(site)
    script = harness.replace("PAGES", json.dumps(pages)).replace("SCREENS", json.dumps(SCREENS))
    (site / "widths.html").write_text(script, encoding="utf-8")
    # Chromium does not start its sandbox for root. With a budget of its own time it waits until the page is ready.
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=1000000", "--dump-dom"]
    command = [str(CHROMIUM), *options, f"--user-data-dir={tmp_path}", f"{address}/widths.html"]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    (site / "widths.html").unlink()
    results = json.loads(html.unescape(re.findall(r'(?s)<pre id="result">(.*?)</pre>', printed)[0]))
    assert len(results) == len(pages) * len(SCREENS)
    wrong = [
        result
        for result in results
        if result["page_width"] > result["screen"] or result["wide_tables"] or result["blocks_without_button"]
    ]
    assert not wrong
