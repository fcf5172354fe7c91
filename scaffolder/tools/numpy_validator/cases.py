"""The arrays that a function is tried with, as Python source: a child process runs it, and a printed test has it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRUCTURED = '[("x", "i2"), ("y", "f8")]'
# Types as they are named in options and tables, and what NumPy calls their kinds.
DTYPES = {
    "float64": "f", "float32": "f", "float16": "f", "longdouble": "f", "complex64": "c", "complex128": "c",
    "int8": "i", "int16": "i", "int32": "i", "int64": "i", "uint8": "u", "uint16": "u", "uint32": "u", "uint64": "u",
    "bool": "b", "datetime64": "M", "timedelta64": "m", "structured": "V", "object": "O",
}  # fmt: skip
SOURCES = {
    "datetime64": '"datetime64[s]"', "timedelta64": '"timedelta64[s]"', "structured": STRUCTURED, "object": "object",
}  # fmt: skip
ONE_BYTE = {"int8", "uint8", "bool"}
# Values of the view, and what is around it in the same memory.
AROUND = 77
ONES = {"b": "True", "V": "(1, 1.0)"}
# The sizes that dimensions get in their order, and those of large arrays by the number of dimensions.
SIZES = (12, 7, 5, 3)
LARGE = {1: (10_007,), 2: (101, 67), 3: (23, 19, 17)}
LONGEST = 64

# Each layout: the slice that a view takes of each axis, and how long the axis beneath is. Further facts are below.
SLICES = {"strided": ("1::2", 2, 1), "sliced": ("1:-1", 1, 2), "negative": ("-2:0:-1", 1, 2)}
MEMORY = ("Fortran order", "transposed", "strided", "sliced", "negative", "broadcast")
VALUES = ("NaN", "infinite", "subnormal", "extreme")
PAIRS = ("same array twice", "shifted views")
OBJECTS = ("list", "None", "subclass", "masked", "memmap")
RUNS = ("threads, shared", "threads, own", "repeated")
LAYOUTS = (
    "contiguous", *MEMORY, "misaligned", "swapped bytes", "read-only", "0-d", "empty", "size 1", "large", *VALUES,
    *PAIRS, *OBJECTS, *RUNS,
)  # fmt: skip


@dataclass(frozen=True)
class Shapes:
    """The shapes of the arrays in a call.

    Attributes:
        arrays: For each array the names of its dimensions, or their fixed sizes.
    """

    arrays: Mapping[str, tuple[str | int, ...]]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of all dimensions."""
        every = (name for shape in self.arrays.values() for name in shape if isinstance(name, str))
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True)
class Case:
    """One call to try.

    Attributes:
        layout: The row of the table.
        dtype: The type of the elements.
        memory: The layout in memory, where it is not the row's name.
        shapes: The shape of each array.
        seed: What the values are drawn with.
        plan: The shapes, with names for the dimensions.
        values: The source of each array's values, where it was shrunk.
    """

    layout: str
    dtype: str
    memory: str
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    seed: int
    plan: Shapes
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the type."""
        return DTYPES[self.dtype]


def all_cases(layout: str, dtype: str, shapes: Shapes, seed: int) -> Iterator[Case]:
    """Yield the calls of one cell of the table; none if there is no such array."""
    sizes = dict(zip(shapes.dimensions, (*SIZES, *[2] * len(shapes.dimensions)), strict=False))
    rank = max(len(shape) for shape in shapes.arrays.values())
    alike = len(shapes.arrays) > 1 and len(set(shapes.arrays.values())) == 1
    if not exists(layout, dtype, rank, alike=alike):
        return
    case = Case(layout, dtype, memory_of(layout), resolve(shapes, sizes), seed, shapes)
    if layout == "0-d":
        yield replace(case, shapes=tuple((name, ()) for name in shapes.arrays))
    elif layout == "empty":
        for name in shapes.dimensions:
            yield replace(case, shapes=resolve(shapes, {**sizes, name: 0}))
    elif layout == "size 1":
        yield replace(case, shapes=resolve(shapes, dict.fromkeys(sizes, 1)))
    elif layout in {"large", "read-only"}:
        # What is written only where some value is, is seen in many values.
        if layout == "read-only":
            yield case
        long = LARGE.get(len(shapes.dimensions), (11,) * len(shapes.dimensions))
        yield replace(case, shapes=resolve(shapes, dict(zip(shapes.dimensions, long, strict=True))))
    elif layout == "shifted views":
        yield case
        yield replace(case, memory="backwards")
    elif layout in VALUES:
        # A path of its own for arrays in one piece may treat values in its own way.
        yield case
        yield replace(case, memory="strided")
    else:
        yield case


def exists(layout: str, dtype: str, rank: int, *, alike: bool) -> bool:
    """Return whether there are such arrays."""
    kind = DTYPES[dtype]
    conditions = {
        **dict.fromkeys(("Fortran order", "transposed"), rank > 1),
        **dict.fromkeys(PAIRS, alike),
        "misaligned": dtype not in {*ONE_BYTE, "structured", "object"},
        "swapped bytes": dtype not in {*ONE_BYTE, "object"},
        "NaN": kind in "fcMm",
        **dict.fromkeys(("infinite", "subnormal"), kind == "f"),
        "extreme": kind in "fiu",
        "list": kind in "biufc" and dtype not in {"float16", "longdouble"},
        "memmap": dtype != "object",
    }
    return conditions.get(layout, True)


def memory_of(layout: str) -> str:
    """Return how arrays of a row lie in memory."""
    return layout if layout in {*MEMORY, "misaligned", "swapped bytes", "read-only"} else "contiguous"


def resolve(shapes: Shapes, sizes: Mapping[str, int]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the shapes with sizes for the names."""
    return tuple(
        (array, tuple(sizes[name] if isinstance(name, str) else name for name in shape))
        for array, shape in shapes.arrays.items()
    )


def values_of(case: Case, array: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return the source of an array's values; the same for the same case."""
    if case.values:
        return dict(case.values)[array]
    draw = random.Random(f"{case.seed} {array} {case.kind}")  # noqa: S311  (no secrets)
    numbers = [draw.randrange(1, 40) for _ in range(math.prod(shape))]
    texts = [as_source(number, case.kind) for number in numbers]
    special = specials(case)
    for place in range(len(texts) // 3 if special else 0):
        texts[place * 3 + 1] = special[place % len(special)]
    return tuple(texts)


def as_source(number: int, kind: str) -> str:
    """Return a number as a value of a kind of type; quarters are exact in every floating-point type."""
    quarter = repr(number / 4)
    wide = f"({number}, {quarter})"
    texts = {"f": quarter, "c": f"{quarter} - {number}j", "b": str(number % 2 == 0), "V": wide, "O": quarter}
    return texts.get(kind, str(number))


def specials(case: Case) -> tuple[str, ...]:
    """Return the values that a row is about."""
    limits = f"np.{'f' if case.kind == 'f' else 'i'}info(np.{case.dtype})"
    texts = {
        "NaN": ('"NaT"' if case.kind in "Mm" else "np.nan",),
        "infinite": ("np.inf", "np.inf", "-np.inf"),
        "subnormal": ("-0.0", f"{limits}.smallest_subnormal", f"{limits}.tiny"),
        # Two of the largest floats would have sums that depend on the order.
        "extreme": (f"{limits}.max", "0.5", "0.25") if case.kind == "f" else (*[f"{limits}.max"] * 2, f"{limits}.min"),
    }
    return texts.get(case.layout, ())


def dtype_source(dtype: str, *, swapped: bool = False) -> str:
    """Return the source of a type."""
    source = f"np.dtype({SOURCES.get(dtype) or repr(dtype).replace(chr(39), chr(34))})"
    return f'{source}.newbyteorder("S")' if swapped else source


def setup(case: Case) -> str:
    """Return the source that makes the arrays, each as a view of memory that is named `a_root`."""
    dtype = dtype_source(case.dtype, swapped=case.memory == "swapped bytes")
    lines = [f"dtype = {dtype}"]
    if case.layout in PAIRS:
        return "\n".join([*lines, *pair(case)])
    for array, shape in case.shapes:
        values = values_of(case, array, shape)
        lines += [values_line(array, values, shape, case), *memory(case.memory, array, shape)]
        lines += [f"{array}[...] = {array}_values"] if case.memory != "broadcast" else []
        lines += [f"{array}.flags.writeable = False"] if case.memory == "read-only" else []
        lines += [line.format(array=array) for line in OBJECT_LINES.get(case.layout, ())]
    return "\n".join(lines)


# What makes an object of another type of the array.
OBJECT_LINES = {
    "list": ("{array} = {array}.tolist()",),
    "None": ("{array} = None",),
    "subclass": ('{array} = {array}.view(type("Subclass", (np.ndarray,), {{}}))',),
    "masked": ("{array} = np.ma.array({array}, copy=False, mask=np.arange({array}.size).reshape({array}.shape) == 1)",),
    "memmap": (
        "file = tempfile.TemporaryFile()",
        "{array}.tofile(file)",
        "file.flush()",
        '{array} = np.memmap(file, dtype, mode="r", shape={array}.shape)',
    ),
}


def values_line(array: str, values: tuple[str, ...], shape: tuple[int, ...], case: Case) -> str:
    """Return the source of an array's values; those of long arrays are calculated."""
    size, item = math.prod(shape), "np.dtype(dtype)"
    if case.memory == "broadcast" and shape and size:
        size //= shape[0]
        shape = (1, *shape[1:])
    if size <= LONGEST or case.layout in VALUES or case.kind in "bVOc":
        return f"{array}_values = np.array([{', '.join(values[:size])}], {item}).reshape({shape})"
    step = "/ 4" if case.kind == "f" else ""
    # A step that a prime number does not divide leads to all values.
    whole = f"(np.arange({size}) * {ord(array) - 90} % 37 + 1)"
    return f"{array}_values = ({whole}{step}).astype({item}).reshape({shape})"


def memory(layout: str, array: str, shape: tuple[int, ...]) -> Iterator[str]:
    """Yield the source of a view with a layout, between elements that no function should use or change."""
    root, size = f"{array}_root", math.prod(shape)
    if layout in SLICES and shape:
        part, factor, margin = SLICES[layout]
        yield f"{root} = np.full({tuple(length * factor + margin for length in shape)}, {AROUND}, dtype)"
        yield f"{array} = {root}[{', '.join([part] * len(shape))}]"
    elif layout == "transposed":
        yield f"{root} = np.full({tuple(length + 2 for length in reversed(shape))}, {AROUND}, dtype)"
        yield f"{array} = {root}[{', '.join(['1:-1'] * len(shape))}].T"
    elif layout == "misaligned":
        yield f"{root} = np.full({size} * dtype.itemsize + 34, {AROUND}, np.uint8)"
        yield f"{array} = {root}[17:-17].view(dtype).reshape({shape})"
    elif layout == "broadcast":
        yield f"{root} = {array}_values"
        yield f"{array} = np.broadcast_to({root}, {shape})"
    else:
        order = "Fortran" if layout == "Fortran order" else ""
        yield f"{root} = np.full({size + 4}, {AROUND}, dtype)"
        view = f"{root}[2:-2]"
        yield f"{array} = {view}.reshape({shape[::-1]}).T" if order else f"{array} = {view}.reshape({shape})"


def pair(case: Case) -> Iterator[str]:
    """Yield the source of arrays that share memory."""
    names = [name for name, _ in case.shapes]
    first, shape = case.shapes[0]
    values = values_of(case, first, shape)
    yield values_line(first, values, shape, case)
    yield f"{first}_root = np.full({math.prod(shape) + 4}, {AROUND}, dtype)"
    for number, name in enumerate(names):
        start = number % 3 if case.memory == "contiguous" else 2 - number % 3
        same = case.layout == "same array twice" and number
        view = f"{first}_root[{start}:{start + math.prod(shape)}].reshape({shape})"
        yield f"{name} = {first if same else view}"
    yield f"{first}[...] = {first}_values"
