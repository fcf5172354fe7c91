"""The Python types that have a Rust type, by the name at the end of an annotation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaffolder.tools.type_converter.model import RustType

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = RustType("Any", "Py<PyAny>", "&Bound<'_, PyAny>", "kept", "constant", "-", comparable=False, rank=9)


def simple(python: str, owned: str, argument: str = "", **more: Any) -> RustType:
    """Make the entry of a type without parameters."""
    return RustType(python, owned, argument or owned, **more)


def by_crate(python: str, owned: str, feature: str, crate: str, **more: Any) -> RustType:
    """Make the entry of a type that a feature of pyo3 converts to one of a crate."""
    return simple(python, owned, features=frozenset({feature}), crates=frozenset({crate}), **more)


CHRONO = 'chrono = "0.4"'
# See the chapter "types" for what each takes besides.
SIMPLE: Mapping[str, RustType] = {
    entry.python.rpartition(".")[2]: entry
    for entry in (
        simple("bool", "bool", hashable=True, rank=0),
        simple("int", "i64", error="TypeError, OverflowError", hashable=True, rank=2),
        simple("float", "f64", rank=3),
        simple("str", "String", "&str", transfer="borrowed", hashable=True,
               error="TypeError, UnicodeEncodeError"),
        simple("bytes", "Vec<u8>", "&[u8]", transfer="borrowed", hashable=True, rank=4),
        simple("pathlib.Path", "PathBuf", cost="linear", hashable=True, rank=6),
        by_crate("complex", "num_complex::Complex64", "num-complex", 'num-complex = "0.4"', rank=4),
        by_crate("decimal.Decimal", "rust_decimal::Decimal", "rust_decimal", 'rust_decimal = "1"', hashable=True,
                 error="ValueError", cost="linear", rank=8,
                 note="`rust_decimal::Decimal` rounds to 28 digits, and refuses what is infinite or no number"),
        by_crate("uuid.UUID", "uuid::Uuid", "uuid", 'uuid = "1"', hashable=True, rank=1),
        by_crate("datetime.datetime", "chrono::DateTime<chrono::Utc>", "chrono", CHRONO, hashable=True, rank=0,
                 error="TypeError, ValueError",
                 note="`chrono::DateTime<chrono::Utc>` refuses a `datetime` without a time zone or with another one "
                 "than UTC: write `chrono::NaiveDateTime` for those without"),
        by_crate("datetime.date", "chrono::NaiveDate", "chrono", CHRONO, hashable=True, rank=1,
                 note="`chrono::NaiveDate` takes a `datetime`, too, and drops its time"),
        by_crate("datetime.time", "chrono::NaiveTime", "chrono", CHRONO, hashable=True, rank=1,
                 note="`chrono::NaiveTime` drops the time zone of a `time`"),
        by_crate("datetime.timedelta", "chrono::TimeDelta", "chrono", CHRONO, hashable=True, rank=1),
        ANY,
        replace(ANY, python="object"),
    )
}  # fmt: skip
# Between the other two: it takes what `DateTime<Utc>` refuses, and `NaiveDate` would take without its time.
NAIVE = replace(
    SIMPLE["datetime"], python="datetime.datetime without a time zone", owned="chrono::NaiveDateTime",
    argument="chrono::NaiveDateTime", rank=0.5, note="",
)  # fmt: skip
ALIASES = {
    "List": "list", "Sequence": "list", "Dict": "dict", "Mapping": "dict", "Set": "set", "AbstractSet": "set",
    "FrozenSet": "frozenset", "Tuple": "tuple", "PurePath": "Path", "MutableSequence": "list",
    "MutableMapping": "dict", "Collection": "list", "MutableSet": "set",
}  # fmt: skip
BARE = {
    "list": "list[int]", "set": "set[int]", "frozenset": "frozenset[int]", "tuple": "tuple[int, str]",
    "dict": "dict[str, int]",
}  # fmt: skip
ITERATED = "iterate over it by `try_iter`"
KEPT = {
    "Callable": "a callable: call it by `call1`", "Iterable": ITERATED, "Iterator": ITERATED, "Generator": ITERATED,
    "type": "a class", "ndarray": "an array: see the crate `numpy` for borrowed access",
    "NDArray": "an array: see the crate `numpy` for borrowed access",
    "bytearray": "cast it to `PyByteArray`", "memoryview": "cast it to `PyMemoryView`",
    "deque": ITERATED, "defaultdict": "cast it to `PyDict`", "OrderedDict": "cast it to `PyDict`",
    "Counter": "cast it to `PyDict`", "range": "cast it to `PyRange`", "slice": "cast it to `PySlice`",
}  # fmt: skip
WRAPPERS = {"Annotated", "Required", "NotRequired", "ReadOnly", "Final"}
