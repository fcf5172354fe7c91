"""The tool `type_converter`: what it writes compiles, and values come back as they went."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import zipfile
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.type_converter import models
from tests.tools.type_converter.models import Trade

if TYPE_CHECKING:
    from types import ModuleType

    from tests.conftest import Run

CLASSES = Path(models.__file__).read_text(encoding="utf-8")

# Converted, compiled and called: every kind of annotation that the tool knows.
ANNOTATIONS: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "bytes": bytes,
    "complex": complex,
    "int | None": int | None,
    "list[int]": list[int],
    "list[list[str]]": list[list[str]],
    "list[bytes]": list[bytes],
    "list[float | None]": list[float | None],
    "tuple[int, str]": tuple[int, str],
    "tuple[int]": tuple[int],
    "set[str]": set[str],
    "frozenset[int]": frozenset[int],
    "set[tuple[int, str]]": set[tuple[int, str]],
    "dict[str, int]": dict[str, int],
    "dict[int, list[str]]": dict[int, list[str]],
    "typing.Optional[str]": str | None,
    "typing.Union[bool, int, float]": bool | int | float,
    "int | str": int | str,
    "str | list[str]": str | list[str],
    "dict[str, int | str | None]": dict[str, int | str | None],
    "typing.Literal['buy', 'sell', 'good till {date}']": Literal["buy", "sell", "good till {date}"],
    "typing.Literal[1, -1, 0]": Literal[1, -1, 0],
    "pathlib.Path": Path,
    "decimal.Decimal": Decimal,
    "uuid.UUID": UUID,
    "datetime.datetime": datetime,
    "datetime.date": date,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "date | datetime": date | datetime,
    "dict[bytes, int | None]": dict[bytes, int | None],
    "typing.Optional[typing.Optional[int]]": int | None,
    "typing.Literal['a', None]": Literal["a"] | None,
    "tuple[int, ...]": list[int],
    "list[datetime.datetime | None]": list[datetime | None],
    "fractions.Fraction": Fraction,
    "fractions.Fraction | int | float": Fraction | int | float,
    "dict[fractions.Fraction, int]": dict[Fraction, int],
    "ipaddress.IPv4Address | ipaddress.IPv6Address": IPv4Address | IPv6Address,
    "ipaddress.IPv4Address | str": IPv4Address | str,
    "zoneinfo.ZoneInfo": ZoneInfo,
    "str | pathlib.Path": str | Path,
    "decimal.Decimal | str | int": Decimal | str | int,
    "list[object]": list[object],
    "typing.Literal[0, 340282366920938463463374607431768211455]": Literal[0, 340282366920938463463374607431768211455],
    "typing.Literal[-1, 170141183460469231731687303715884105727]": Literal[-1, 170141183460469231731687303715884105727],
}

SAMPLE = """
{"id": 7, "user-name": "ada", "type": "x", "total": 1, "lines": [
    {"sku": "a", "price": 1.5, "tags": []}, {"sku": "b", "price": 2, "tags": ["new"], "gift": true, "to": null}
], "mixed": [1, "two"], "grid": [[1, 2], [3]], "nothing": null}
"""

# Names of Rust and PyO3, keys that are one name in Rust, one name for objects of two kinds, and keys that are all
# missing somewhere.
ODD = """
{"string": {"x": 1}, "vec": {"y": 1}, "option": {"z": 1}, "result": {"q": null}, "py": {"q": 2}, "box": {"debug": 1},
 "a-b": 1, "a_b": 2, "item": {"id": 1}, "items": [{"id": "x"}], "large": 18446744073709551615,
 "larger": [18446744073709551616, -1], "line\\nbreak\\u0007": 1, "sparse": [{"a": 1}, {"b": 2}], "日本½ª": {"a": 1}}
"""
# Class, what its function is called.
ECHOES = {
    "Trade": "trade", "Row": "row", "Settings": "settings", "Named": "named", "Child": "child",
    "Grandchild": "grandchild", "BoxValue": "box", "LowerCase": "lower_case", "Tree": "tree", "Level": "level",
    "Node": "node", "Size": "size",
}  # fmt: skip


st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(complex, st.complex_numbers(allow_nan=False))
st.register_type_strategy(Decimal, st.decimals(-(10**9), 10**9, places=4))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(time, st.times())
st.register_type_strategy(Fraction, st.fractions(-(2**31), 2**31, max_denominator=2**31))
st.register_type_strategy(ZoneInfo, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]).map(ZoneInfo))
st.register_type_strategy(object, st.builds(object))
st.register_type_strategy(Path, st.builds(Path, st.text("abc/._ é")))


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> ModuleType:
    """Everything above as one extension: a function `echo_N` for each annotation, and one for each class."""
    from scaffolder.python.annotations import parse_annotation
    from scaffolder.tools.type_converter.annotations import Annotations
    from scaffolder.tools.type_converter.classes import convert_module, convert_sample
    from scaffolder.tools.type_converter.known_types import CRATES
    from scaffolder.tools.type_converter.model import RustCode

    project = tmp_path_factory.mktemp("converted") / "types"
    (project / "src").mkdir(parents=True)
    modules, echoes, crates = [], [], set()
    for number, annotation in enumerate(ANNOTATIONS):
        code = RustCode()
        rust_type = Annotations(code).convert(parse_annotation(annotation))
        argument = rust_type.argument.replace("&", "&'a ")
        borrowed = f"pub type Argument<'a> = {argument};" if "&" in argument else ""
        imports = [f"use {path};" for path in rust_type.needs.imports if path not in code.text]
        aliases = f"{' '.join(imports)}\npub type Whole = {rust_type.owned};\n{borrowed}"
        modules.append((f"annotation_{number}", code, aliases))
        echoes.append((f"echo_{number}", f"crate::annotation_{number}::Whole"))
    modules += [("classes", convert_module(CLASSES), ""), ("sample", convert_sample(SAMPLE, "Order"), "")]
    modules += [("odd", convert_sample(ODD, "Odd"), "")]
    echoes += [(f"echo_{name}", f"crate::classes::{kind}") for kind, name in ECHOES.items()]
    echoes += [("echo_order", "crate::sample::Order"), ("echo_odd", "crate::odd::Odd")]
    for name, code, aliases in modules:
        (project / f"src/{name}.rs").write_text(code.text + aliases, encoding="utf-8")
        crates |= code.crates
    mods = "\n".join(f"#[allow(unused_imports)]\npub mod {name};" for name, *_ in modules)
    functions = "\n".join(
        f"#[pyo3::pyfunction]\nfn {name}(value: {kind}) -> {kind} {{\n    value\n}}" for name, kind in echoes
    )
    (project / "src/lib.rs").write_text(
        f"#![deny(warnings)]\n{mods}\n#[pyo3::pymodule]\nmod converted_types {{\n{functions}\n}}\n"
    )
    features = ", ".join(f'"{feature}"' for feature in ["abi3-py310", *sorted(crates)])
    (project / "Cargo.toml").write_text(
        '[package]\nname = "converted-types"\nversion = "0.1.0"\nedition = "2024"\n[lib]\nname = "converted_types"\n'
        f'crate-type = ["cdylib"]\n[dependencies]\npyo3 = {{ version = "{CRATES["pyo3"]}", features = [{features}] }}\n'
        + "\n".join(f'{name} = "{CRATES[name]}"' for name in sorted(crates))
    )
    build_run("maturin", "build", "--profile", "dev", "--out", "wheels", folder=project)
    zipfile.ZipFile(next(project.glob("wheels/*.whl"))).extractall(project / "installed")
    sys.path.insert(0, str(project / "installed"))
    return importlib.import_module("converted_types")


@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("number", range(len(ANNOTATIONS)), ids=list(ANNOTATIONS))
def test_values_come_back_as_they_went(converted: ModuleType, number: int, data: st.DataObject) -> None:
    annotation = list(ANNOTATIONS.values())[number]
    value = data.draw(st.from_type(annotation))
    found = getattr(converted, f"echo_{number}")(value)
    assert found == value
    if not isinstance(value, frozenset):
        assert type(found) is type(value)


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(trade=st.from_type(Trade))
def test_an_object_comes_back_as_a_dictionary(converted: ModuleType, trade: Trade) -> None:
    expected = {**dataclasses.asdict(trade), "side": trade.side.value, "where": trade.where._asdict()}
    assert converted.echo_trade(trade) == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.text(),
    value=st.one_of(st.from_type(int), st.text()),
    trades=st.lists(st.from_type(Trade), max_size=2),
    count=st.integers(0, 9),
)
def test_a_typed_dictionary_comes_back(
    converted: ModuleType, name: str, value: int | str, trades: list[Trade], count: int
) -> None:
    row = {"name": name, "value": value, "trades": trades, "extra": object()}
    found = converted.echo_row({**row, "self": count})
    assert found["self"] == count
    assert found["extra"] is row["extra"]
    assert (found["name"], found["value"], len(found["trades"])) == (name, value, len(trades))
    assert converted.echo_row(row)["self"] is None


@pytest.mark.slow
def test_a_sample_comes_back_with_its_keys(converted: ModuleType) -> None:
    order = json.loads(SAMPLE)
    found = converted.echo_order(order)
    assert found["user-name"] == "ada"
    assert found["lines"][1]["gift"] is True
    assert found == {**order, "lines": [{"gift": None, "to": None} | line for line in order["lines"]]}


@pytest.mark.slow
def test_a_sample_with_odd_keys_comes_back(converted: ModuleType) -> None:
    odd = json.loads(ODD)
    found = converted.echo_odd(odd)
    assert found == {**odd, "sparse": [{"a": 1, "b": None}, {"a": None, "b": 2}]}
    with pytest.raises(TypeError):
        converted.echo_odd({**odd, "items": [{"id": 1}]})


@pytest.mark.slow
def test_keys_that_are_all_missing_are_none(converted: ModuleType) -> None:
    nothing = {"colour": None, "size": None, "extra": None}
    assert converted.echo_settings({}) == nothing
    assert converted.echo_settings({"size": None, "colour": "red"}) == nothing | {"colour": "red"}
    assert converted.echo_named({"title": "x", "extra": nothing})["extra"] is nothing
    with pytest.raises(TypeError):
        converted.echo_settings({"size": "large"})
    with pytest.raises(TypeError):
        converted.echo_settings(models.Tree())


@pytest.mark.slow
def test_a_child_has_the_fields_of_its_bases(converted: ModuleType) -> None:
    child = models.Grandchild(id=3, name="x", crate=4, level=models.Level.HIGH, when=datetime(2024, 1, 2, 3, 4))
    found = converted.echo_child(child)
    assert found == {**dataclasses.asdict(child), "level": 11, "outcome": "error"}
    assert converted.echo_grandchild(child) == found
    assert list(found) == [field.name for field in dataclasses.fields(child)]
    assert converted.echo_child(dataclasses.replace(child, when=date(2024, 1, 2), seed=0))["when"] == date(2024, 1, 2)
    assert converted.echo_level(models.Level.LAST) == 4


@pytest.mark.slow
def test_classes_that_hold_each_other_come_back(converted: ModuleType) -> None:
    tree = models.Tree([models.Tree(level=2)], {"a": None, "b": models.Tree()})
    assert converted.echo_tree(tree) == dataclasses.asdict(tree)
    option = models.Option([], 'say "\t"', "text")
    assert converted.echo_lower_case(models.lower_case(option)) == {"option": dataclasses.asdict(option)}
    box = converted.echo_box(models.Box(option, option, str, tree))
    assert box["value"] is option
    assert box["call"] is str


@pytest.mark.slow
def test_what_has_no_rust_type_goes_through(converted: ModuleType) -> None:
    inner, payload = models.Node(models.Access.READ, {}), object()
    twins: list[models.Dog | models.Cat] = [models.Cat("Tom"), models.Dog("Rex", "Boxer")]
    node = models.Node(models.Access.READ | models.Access.WRITE, {"b": 2, "a": 1}, inner, payload, twins)
    result = converted.echo_node(node)
    assert result == {
        "access": 3, "sizes": {"a": 1, "b": 2}, "next": inner, "payload": payload,
        "twins": [dataclasses.asdict(twin) for twin in twins],
    }  # fmt: skip
    assert list(result["sizes"]) == ["a", "b"]
    assert converted.echo_size(models.Size.LARGE) == 2**64


@pytest.mark.slow
def test_values_of_other_types_are_refused(converted: ModuleType) -> None:
    numbers = {annotation: getattr(converted, f"echo_{number}") for number, annotation in enumerate(ANNOTATIONS)}
    with pytest.raises(OverflowError):
        numbers["int"](2**63)
    with pytest.raises(TypeError):
        numbers["list[int]"](["one"])
    with pytest.raises(ValueError, match="is not one of"):
        numbers["typing.Literal[1, -1, 0]"](2)
    with pytest.raises(ValueError, match=r"good till \{date\}"):
        numbers["typing.Literal['buy', 'sell', 'good till {date}']"]("hold")
    with pytest.raises((ValueError, TypeError)):
        numbers["tuple[int, str]"]((1,))
    with pytest.raises(UnicodeEncodeError):
        numbers["str"]("\ud800")


@pytest.mark.slow
def test_what_the_notes_say_is_so(converted: ModuleType) -> None:
    numbers = {annotation: getattr(converted, f"echo_{number}") for number, annotation in enumerate(ANNOTATIONS)}
    zone = timezone(timedelta(hours=1))
    assert numbers["datetime.time"](time(1, 2, tzinfo=zone)) == time(1, 2)
    assert numbers["datetime.date"](datetime(2024, 1, 2, 3)) == date(2024, 1, 2)
    assert numbers["date | datetime"](datetime(2024, 1, 2, 3)) == datetime(2024, 1, 2, 3)
    assert numbers["date | datetime"](datetime(2024, 1, 2, 3, tzinfo=zone)) == date(2024, 1, 2)
    assert numbers["typing.Union[bool, int, float]"](2**70 + 1) == float(2**70)
    assert len(str(numbers["decimal.Decimal"](Decimal(1) / 3 + Decimal(10) ** -40))) <= 31
    for value in (datetime(2024, 1, 2), datetime(2024, 1, 2, tzinfo=zone)):
        with pytest.raises((TypeError, ValueError)):
            numbers["datetime.datetime"](value)
    with pytest.raises(ValueError, match="parse"):
        numbers["decimal.Decimal"](Decimal("Infinity"))
