"""What type checkers and editors know of the package."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the project's folder."""
    return subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=False)


def test_the_stub_describes_the_module() -> None:
    result = run("mypy.stubtest", "markdown_html")
    assert result.returncode == 0, result.stdout + result.stderr


WRONG = [
    ("Renderer()", 'Cannot instantiate abstract class "Renderer"'),
    ("HtmlRenderer(safe=1)", 'Argument "safe" to "HtmlRenderer" has incompatible type "int"'),
    (
        "class Bad(HtmlRenderer):\n    def rule(self, content: str) -> str:\n        return content",
        'incompatible with supertype "markdown_html._core.HtmlRenderer"',
    ),
]


@pytest.mark.parametrize(("code", "message"), WRONG, ids=["abstract", "argument", "override"])
def test_a_mistake_is_reported_before_it_runs(tmp_path: Path, code: str, message: str) -> None:
    program = tmp_path / "mistake.py"
    program.write_text(f"from markdown_html import HtmlRenderer, Renderer\n{code}\n", encoding="utf-8")
    result = run("mypy", "--strict", str(program))
    assert message in result.stdout, result.stdout + result.stderr
