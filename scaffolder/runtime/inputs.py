"""The inputs that calls are measured with, as Python source in terms of `n`, and what is done with a type alone."""

from __future__ import annotations

# Modules that expressions may name without importing them; they come before names of the user's module.
LIBRARIES = {
    "np": "numpy", "pa": "pyarrow", "pc": "pyarrow.compute", "pl": "polars", "pd": "pandas", "array": "array",
    "collections": "collections", "dataclasses": "dataclasses", "datetime": "datetime", "decimal": "decimal",
    "hashlib": "hashlib", "json": "json", "math": "math", "pickle": "pickle", "random": "random", "uuid": "uuid",
    **{name: name for name in (
        "base64", "binascii", "bz2", "csv", "fractions", "functools", "gzip", "io", "ipaddress", "itertools", "lzma",
        "operator", "os", "pathlib", "re", "statistics", "struct", "tomllib", "zlib", "zoneinfo",
    )},
}  # fmt: skip
FLOATS, INTEGERS = "[i * 0.37 for i in range(n)]", "[i * 7919 % 1000003 for i in range(n)]"
WORDS, BYTES = "[f'name {i * 7919 % 1000003}' for i in range(n)]", "[b'%d' % (i * 7919) for i in range(n)]"
RECORDS = "[{'id': i, 'name': f'name {i}', 'price': i * 0.37, 'tags': ['a', 'b']} for i in range(n)]"
POINT = "dataclasses.make_dataclass('Point', [('x', float), ('y', float)])"
ITEMS = {
    "float": FLOATS, "int": INTEGERS, "str": WORDS, "bytes": BYTES, "bool": "[i % 3 == 0 for i in range(n)]",
    "dict": RECORDS, "dataclass": f"(lambda Point: [Point(i * 0.37, i * 0.73) for i in range(n)])({POINT})",
}  # fmt: skip
RAW = "(bytes(range(256)) * (n // 256 + 1))[:n]"
DTYPES = (
    "float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8",
    "complex128", "complex64",
)  # fmt: skip
COLUMNS = (("float64", FLOATS), ("int64", INTEGERS), ("string", WORDS))
TABLE = f"{{'x': {FLOATS}, 'k': {INTEGERS}, 's': {WORDS}}}"
TYPES = {
    **{f"list[{name}]": text for name, text in ITEMS.items()},
    **{f"tuple[{name}]": f"tuple({ITEMS[name]})" for name in ("float", "int", "str")},
    **{f"set[{name}]": f"set({ITEMS[name]})" for name in ("int", "str")},
    **{f"dict[str, {name}]": f"dict(zip({WORDS}, {ITEMS[name]}))" for name in ("float", "int", "str")},
    "str": "('The quick brown fox. ' * (n // 21 + 1))[:n]",
    "str[non-ascii]": "('Zwölf Boxkämpfer jagen Viktor über den Deich. ' * (n // 46 + 1))[:n]",
    "json": f"json.dumps({RECORDS}).encode()",
    "bytes": RAW, "bytearray": f"bytearray({RAW})", "memoryview": f"memoryview({RAW})",
    **{f"array[{code}]": f"array.array('{code}', {FLOATS if code in 'fd' else INTEGERS})" for code in "fdiIlLqQ"},
    **{name: f"(np.arange(n) * 7919 % 251).astype(np.{name})" for name in DTYPES},
    "bool": "np.arange(n) % 3 == 0",
    "datetime64": "np.datetime64('2026-01-01', 's') + np.arange(n)",
    **{f"arrow[{name}]": f"pa.array({text})" for name, text in COLUMNS}, "arrow-table": f"pa.table({TABLE})",
    **{f"polars[{name}]": f"pl.Series({text})" for name, text in COLUMNS}, "polars-frame": f"pl.DataFrame({TABLE})",
}  # fmt: skip
# What is measured without a function, by the beginning of a type's name; the first that fits counts.
CONVERSIONS = {
    "list[float]": ("list(a)", "array.array('d', a)", "np.array(a)"),
    "list[int]": ("list(a)", "array.array('q', a)", "np.array(a)"),
    "list": ("list(a)", "tuple(a)"), "tuple": ("list(a)", "tuple(a)"), "set": ("list(a)", "set(a)"),
    "dict": ("dict(a)", "list(a.items())"), "str": ("a.encode()", "list(a)"), "json": ("a.decode()", "json.loads(a)"),
    "bytes": ("memoryview(a)", "bytearray(a)", "list(a)"), "bytearray": ("memoryview(a)", "bytes(a)", "list(a)"),
    "memoryview": ("memoryview(a)", "bytes(a)", "a.tolist()"),
    "array": ("memoryview(a)", "np.asarray(a)", "a.tolist()"),
    "arrow-table": ("pl.from_arrow(a)", "a.to_pylist()"),
    "arrow": ("a.to_numpy(zero_copy_only=False)", "a.to_pylist()"),
    "polars-frame": ("a.to_arrow()", "a.rows()"), "polars": ("a.to_numpy()", "a.to_arrow()", "a.to_list()"),
    "": ("np.asarray(a)", "a.copy()", "a.tolist()"),
}  # fmt: skip


def conversions_of(type_name: str) -> tuple[str, ...]:
    """Return what is measured for a type without a function."""
    return next(calls for start, calls in CONVERSIONS.items() if type_name.startswith(start))
