"""The tool called in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.tools.wasm_builder.app import app
from tests.tools.results import call_tool, read_result

if TYPE_CHECKING:
    from collections.abc import Callable

    Builder = Callable[..., dict[str, Any]]


@pytest.fixture
def builder(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Builder:
    """Run the tool, and return its JSON."""
    monkeypatch.delenv("WASM_SDK", raising=False)

    def builder(*arguments: object, code: int = 0) -> dict[str, Any]:
        printed, _ = call_tool(app, "wasm_builder", [*map(str, arguments), "--json"], capsys, code)
        return read_result(printed)

    return builder


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run the tool with arguments that it refuses, and return what it says."""
    monkeypatch.delenv("WASM_SDK", raising=False)

    def refusal(*arguments: object, code: int = 2) -> str:
        printed, errors = call_tool(app, "wasm_builder", [str(argument) for argument in arguments], capsys, code)
        assert not printed
        assert errors.startswith("error: ")
        assert "hint: " in errors
        return errors

    return refusal
