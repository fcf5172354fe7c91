"""What type checkers and editors know of the package."""

import ast
import subprocess
import sys
from pathlib import Path

STUB = Path(__file__).parents[1] / "python/ledger/_core.pyi"


def test_the_stub_describes_the_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "ledger"]
    result = subprocess.run(command, cwd=STUB.parents[2], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_subclass_makes_its_own_type() -> None:
    # mypy ignores the class that `__new__` names; pyright takes it, and then a subclass has none of its own attributes.
    classes = [node for node in ast.parse(STUB.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    open_to_subclasses = [node for node in classes if "final" not in map(ast.unparse, node.decorator_list)]
    makers = [part for node in open_to_subclasses for part in node.body if getattr(part, "name", "") == "__new__"]
    assert len(makers) == 2
    assert all(
        isinstance(new, ast.FunctionDef) and new.returns and ast.unparse(new.returns) == "Self" for new in makers
    )
