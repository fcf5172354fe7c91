"""Quotes, and what rules that fail show to those who wrote them."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Price

PROJECT = Path(__file__).parent.parent


def test_an_order_is_priced(price: Price) -> None:
    done = price()
    assert done.stdout.splitlines() == [
        "tea                     12 x     4.50     54.00",
        "mug                      2 x     7.25     14.50",
        "ten boxes of tea                          -6.85",
        "total                                     61.65",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_run_in_order_and_see_what_others_did(price: Price) -> None:
    half = "def price(order):\n    order.discount('50', order.customer)\n    print(order.total)\n"
    done = price(half, half)
    assert done.stdout.splitlines()[:2] == ["34.25", "17.13"]
    assert done.stdout.splitlines()[-1].split() == ["total", "17.13"]


@pytest.mark.parametrize(
    ("rule", "line", "shown", "error"),
    [
        ("def price(order):\n    order.lines[5]\n", 2, "order.lines[5]", "IndexError: list index out of range"),
        ("def price(order)\n    pass\n", 1, "def price(order)", "SyntaxError: expected ':'"),
        ("import pricing\nraise SystemExit(3)\n", 2, "raise SystemExit(3)", "SystemExit: 3"),
        ("def price(order):\n    order.discount(120, 'x')\n", 2, "order.discount(120", "0 and 100 per cent, not 120"),
        ("def price(order):\n    order.charge(1.005, 'x')\n", 2, "order.charge(1.005", "at most two decimals"),
    ],
)
def test_a_rule_that_fails_shows_its_line(
    price: Price, tmp_path: Path, rule: str, line: int, shown: str, error: str
) -> None:
    done = price(rule)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'File "{tmp_path}/rules/rule_0.py", line {line}' in done.stderr
    assert shown in done.stderr
    assert error in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("order", "message"),
    [("tea", "line 1: expected `sku,quantity,price`"), ("tea,1,2\nmug,x,2", "line 2: `x` is no quantity")],
)
def test_a_wrong_order_is_an_error(price: Price, order: str, message: str) -> None:
    done = price(order=order)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(message)


@pytest.mark.parametrize("rule", ["async def price(order): pass", "def price(order): return 5"])
def test_a_rule_that_returns_something_is_an_error(price: Price, rule: str) -> None:
    done = price(rule)
    assert (done.returncode, done.stdout) == (1, "")
    assert "rules/rule_0.py` changes the order and returns None, not " in done.stderr


def test_a_rule_may_have_data_classes(price: Price) -> None:
    rule = """from __future__ import annotations
from dataclasses import dataclass
@dataclass
class Fee:
    amount: int
def price(order):
    order.charge(Fee(5).amount, 'fee')
"""
    done = price(rule)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split() == ["total", "73.50"]


def test_a_reader_that_is_gone_is_an_error(shipped: Path, tmp_path: Path) -> None:
    order = tmp_path / "Ada.csv"
    order.write_text("tea,12,4.50\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [str(shipped / "pricing-rules"), str(order)]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, encoding="utf-8", timeout=60, check=False)
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the price can't be printed: ")


def test_a_rule_without_its_function_is_an_error(price: Price) -> None:
    assert "has no attribute 'price'" in price("x = 1").stderr


def test_the_stub_has_what_rules_see(price: Price) -> None:
    tree = ast.parse((PROJECT / "rules/pricing.pyi").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    names = {f"{node.name}.{item.name}" for node in classes for item in node.body if isinstance(item, ast.FunctionDef)}
    rule = """import pricing
def price(order):
    for kind in (pricing.Line, pricing.Order):
        print(*(f"{kind.__name__}.{name}" for name in vars(kind) if name[0] != "_"))
"""
    printed = " ".join(price(rule).stdout.splitlines()[:2])
    assert set(printed.split()) == names
