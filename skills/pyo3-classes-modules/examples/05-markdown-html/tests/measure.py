"""Measure rendering beside Python's own; see the README for how to run it, because a debug build says nothing."""

import importlib
import time
from collections.abc import Callable

from markdown_html import HtmlRenderer

SECTION = """
## Section *{0}*

A paragraph with `code`, **strong text**, [a link](https://example.org/{0} "title") and <https://example.org>,
which goes on in a second line & a third.

- first item
- second item with *emphasis*

> A quotation

```python
print({0} < 1)
```
"""


class Headings(HtmlRenderer):
    """Overrides what is rare."""

    def heading(self, content: str, level: int, /) -> str:
        return f"<h{level} id=x>{content}</h{level}>\n"


class Everything(HtmlRenderer):
    """Overrides what is frequent."""

    def text(self, text: str, /) -> str:
        return super().text(text)

    def paragraph(self, content: str, /) -> str:
        return super().paragraph(content)

    def emphasis(self, content: str, /) -> str:
        return super().emphasis(content)


def measure(title: str, render: Callable[[str], str], document: str) -> None:
    """Print the shortest of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        render(document)
        best = min(best, time.perf_counter() - start)
    print(f"{title:<40}{best * 1000:>10.1f} ms")


def main() -> None:
    """Render a document of 2 000 sections."""
    document = "".join(SECTION.format(number) for number in range(2000))
    # Only here, and not a dependency of the tests.
    markdown_it = importlib.import_module("markdown_it")
    measure("markdown-it-py", markdown_it.MarkdownIt("commonmark").render, document)
    measure("HtmlRenderer", HtmlRenderer().render, document)
    measure("headings overridden", Headings().render, document)
    measure("texts, paragraphs, emphasis overridden", Everything().render, document)


if __name__ == "__main__":
    main()
