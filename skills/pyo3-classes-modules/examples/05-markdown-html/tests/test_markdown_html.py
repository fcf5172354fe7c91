"""Subclasses of both classes, in Rust and in Python, and what they may do."""

import inspect
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from markdown_html import HtmlRenderer, Renderer

PROJECT = Path(__file__).parents[1]


class Outline(HtmlRenderer):
    """HTML whose headings can be linked to, and a list of them."""

    def __init__(self, prefix: str, *, deepest: int = 3, safe: bool = True) -> None:
        super().__init__(safe=safe)
        self.prefix = prefix
        self.deepest = deepest
        self.headings: list[tuple[int, str]] = []

    def heading(self, content: str, level: int, /) -> str:
        if level > self.deepest:
            return super().heading(content, level)
        self.headings.append((level, content))
        return f'<h{level} id="{self.prefix}{len(self.headings)}">{content}</h{level}>\n'


class Text(Renderer):
    """Plain text with a width for rules; implements everything."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def text(self, text: str, /) -> str:
        return text

    def code(self, code: str, /) -> str:
        return code

    def html(self, html: str, /) -> str:
        return ""

    def line_break(self, hard: bool, /) -> str:
        return "\n" if hard else " "

    def rule(self) -> str:
        return "-" * self.width + "\n"

    def paragraph(self, content: str, /) -> str:
        return content + "\n\n"

    def heading(self, content: str, level: int, /) -> str:
        return f"{'#' * level} {content}\n\n"

    def quote(self, content: str, /) -> str:
        return "".join(f"| {line}\n" for line in content.rstrip().splitlines())

    def code_block(self, code: str, language: str, /) -> str:
        return f"{language}: {code}"

    def list_items(self, items: str, start: int | None, /) -> str:
        return items.replace("*", f"{start}.") if start is not None else items

    def list_item(self, content: str, /) -> str:
        return f"* {content}\n"

    def emphasis(self, content: str, /) -> str:
        return content

    def strong(self, content: str, /) -> str:
        return content.upper()

    def link(self, content: str, url: str, title: str, /) -> str:
        return f"{content} ({url})"

    def image(self, description: str, url: str, title: str, /) -> str:
        return f"[{description}]"


def test_html_is_rendered_in_rust() -> None:
    assert HtmlRenderer().render("# A & *b*\n\n1. x\n") == "<h1>A &amp; <em>b</em></h1>\n<ol>\n<li>x</li>\n</ol>\n"
    assert HtmlRenderer().render("") == ""


UNSAFE = [
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
    ("[x](javascript:alert(1))", '<p><a href="">x</a></p>\n'),
    ("![x](JavaScript&colon;alert(1))", '<p><img src="" alt="x" /></p>\n'),
    ('[x](/y"onclick=z)', '<p><a href="/y%22onclick=z">x</a></p>\n'),
    ("[x](y 'a\"b')", '<p><a href="y" title="a&quot;b">x</a></p>\n'),
    ('```x"><script>\n```', '<pre><code class="language-x&quot;&gt;&lt;script&gt;"></code></pre>\n'),
]


@pytest.mark.parametrize(("markdown", "html"), UNSAFE)
def test_a_document_can_t_smuggle_in_a_script(markdown: str, html: str) -> None:
    assert HtmlRenderer().render(markdown) == html


def test_html_passes_only_where_it_is_trusted() -> None:
    assert HtmlRenderer(safe=False).render("a <b>c</b>") == "<p>a <b>c</b></p>\n"
    assert not HtmlRenderer(safe=False).safe


# region: subclass
def test_rust_calls_what_a_subclass_overrides() -> None:
    outline = Outline("part-", deepest=2)
    html = outline.render("# A *b*\n\n## C\n\n### D\n")
    assert html == '<h1 id="part-1">A <em>b</em></h1>\n<h2 id="part-2">C</h2>\n<h3>D</h3>\n'
    assert outline.headings == [(1, "A <em>b</em>"), (2, "C")]


# endregion: subclass


def test_a_subclass_of_a_subclass_calls_super() -> None:
    class Numbered(Outline):
        def heading(self, content: str, level: int, /) -> str:
            return super().heading(f"{len(self.headings) + 1}. {content}", level)

        def emphasis(self, content: str, /) -> str:
            return super().emphasis(super().strong(content))

    html = Numbered("h").render("# *A*")
    assert html == '<h1 id="h1">1. <em><strong>A</strong></em></h1>\n'


def test_a_mixin_overrides_too() -> None:
    class Loud:
        def strong(self, content: str, /) -> str:
            return content.upper()

    class LoudRenderer(Loud, HtmlRenderer):
        pass

    assert LoudRenderer().render("a **b**") == "<p>a B</p>\n"


def test_a_subclass_implements_the_abstract_base() -> None:
    document = (
        "# A\n\nb *c* **d** `e` <i>f</i>\ng\\\nh [i](j)\n\n> k\n\n1. l\n2. m\n\n- n\n\n---\n\n"
        "```py\no\n```\n\n![*p* q](r)\n"
    )
    assert Text(5).render(document).split("\n") == [
        "# A", "", "b c D e f g", "h i (j)", "", "| k", "1. l", "1. m", "* n", "-----", "py: o", "[p q]", "", "",
    ]  # fmt: skip


# region: abstract
def test_an_abstract_class_can_t_be_made() -> None:
    with pytest.raises(TypeError, match=r"^`Renderer` lacks `text`, `code`, .*, `image`$"):
        Renderer()  # type: ignore[abstract]

    class Draft(Renderer):
        def text(self, text: str, /) -> str:
            return text

    with pytest.raises(TypeError, match=r"^`Draft` lacks `code`"):
        Draft()  # type: ignore[abstract]


def test_super_of_an_abstract_method_is_not_implemented() -> None:
    class Lazy(Text):
        def strong(self, content: str, /) -> str:
            return Renderer.strong(self, content)

    with pytest.raises(NotImplementedError, match=r"`Renderer\.strong` is abstract"):
        Lazy(1).render("**a**")


# endregion: abstract


def test_a_method_that_was_deleted_is_missed() -> None:
    class Hasty(Text):
        pass

    renderer, code = Hasty(1), Text.code
    try:
        del Text.code
        with pytest.raises(TypeError, match=r"^`Hasty` lacks `code`$"):
            renderer.render("a")
    finally:
        Text.code = code  # type: ignore[method-assign]
    assert renderer.render("`a`") == "a\n\n"


def test_constructors_refuse_what_they_don_t_know() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'save'"):
        HtmlRenderer(save=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional argument"):
        HtmlRenderer(True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="prefix"):
        Outline()  # type: ignore[call-arg]

    class Same(Text):
        __init__ = Renderer.__init__

    with pytest.raises(TypeError):
        Same(5)


def test_signatures_are_those_of_the_constructors() -> None:
    assert str(inspect.signature(HtmlRenderer)) == "(*, safe=True)"
    assert list(inspect.signature(Outline).parameters) == ["prefix", "deepest", "safe"]


def test_a_subclass_that_forgets_super_is_safe() -> None:
    class Forgetful(HtmlRenderer):
        def __init__(self, number: int) -> None:
            self.number = number

    assert Forgetful(1).render("<b>") == "&lt;b&gt;"


class ReferenceNotResolvedError(Exception):
    """An exception that Rust has never heard of."""


# region: unchanged
@pytest.mark.parametrize("error", [ReferenceNotResolvedError("x"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_what_an_override_raises_comes_out_unchanged(error: BaseException) -> None:
    class Strict(HtmlRenderer):
        def link(self, content: str, url: str, title: str, /) -> str:
            raise error

    with pytest.raises(type(error)) as caught:
        Strict().render("[a](b)")
    assert caught.value is error
    assert [entry.name for entry in caught.traceback][-1] == "link"


# endregion: unchanged


def test_a_wrong_result_names_the_method() -> None:
    class Forgetful(HtmlRenderer):
        def rule(self) -> Any:
            """Return nothing."""

    with pytest.raises(TypeError, match=r"^`Forgetful.rule` must return a str, not `NoneType`$"):
        Forgetful().render("***")
    with pytest.raises(UnicodeEncodeError):
        HtmlRenderer().render("\ud800")


@pytest.mark.parametrize("level", [0, 7])
def test_a_heading_has_one_of_six_levels(level: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to 6, not {level}"):
        HtmlRenderer().heading("a", level)


def test_an_override_may_render_with_its_own_renderer() -> None:
    class Recursive(HtmlRenderer):
        def code_block(self, code: str, language: str, /) -> str:
            return self.render(code) if language == "markdown" else super().code_block(code, language)

    assert Recursive().render("````markdown\n```markdown\n*a*\n```\n````") == "<p><em>a</em></p>\n"


def test_one_renderer_serves_many_threads() -> None:
    class Named(HtmlRenderer):
        def strong(self, content: str, /) -> str:
            return f"{content}!"

    renderer = Named()
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(renderer.render, [f"**{number}**" for number in range(1000)]))
    assert pages == [f"<p>{number}!</p>\n" for number in range(1000)]


def test_other_threads_run_while_rust_renders() -> None:
    document = "a *b* **c**\n\n" * 200_000

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            HtmlRenderer().render(document)
            finished.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        meanwhile = not finished.is_set()
        thread.join()
        return meanwhile

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        # On a busy machine the other thread may be done before this one gets a processor.
        assert any(runs_meanwhile() for _ in range(5))
    finally:
        sys.setswitchinterval(interval)


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    program = "\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == '<h1 id="guide-1">A <em>guide</em></h1>\n<p>See <a href="/x">x</a>.</p>\n\n'
