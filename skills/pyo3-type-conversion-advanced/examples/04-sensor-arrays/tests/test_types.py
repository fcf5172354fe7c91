"""What type checkers and editors know of the package."""

import ast
import inspect
from pathlib import Path

from sensor_arrays import _core

STUB = Path(__file__).parents[1] / "python/sensor_arrays/_core.pyi"


def test_the_stub_describes_the_module() -> None:
    functions = [node for node in ast.parse(STUB.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == set(_core.__all__)
    for node in functions:
        signature = inspect.signature(getattr(_core, node.name))
        assert [argument.arg for argument in node.args.args] == list(signature.parameters)
        # Not their values: PyO3 shows `-1` as `...`.
        optional = [name for name, part in signature.parameters.items() if part.default is not part.empty]
        assert len(node.args.defaults) == len(optional)
