"""Names and texts as Rust writes them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEYWORDS = {
    "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "abstract",
}  # fmt: skip
# Not even `r#` makes a name of these.
FORBIDDEN = {"self", "super", "crate", "Self", "_"}
# A type of one of these names would stand for another one than the code that the tool or PyO3 writes means.
RESERVED = {
    "AsMut", "AsRef", "Borrowed", "Bound", "Box", "BTreeMap", "Clone", "Copy", "Debug", "Default", "Drop", "Eq", "Err",
    "Fn", "FnMut", "FnOnce", "From", "FromIterator", "FromPyObject", "FromPyObjectOwned", "Hash", "HashMap", "HashSet",
    "Into", "IntoIterator", "IntoPyObject", "IntoPyObjectRef", "Iterator", "None", "Ok", "Option", "Ord", "PartialEq",
    "PartialOrd", "PathBuf", "Py", "PyAny", "PyAnyMethods", "PyClassGuard", "PyClassGuardMut", "PyClassInitializer",
    "PyDict", "PyDictMethods", "PyErr", "PyModule", "PyRef", "PyRefMut", "PyResult", "PyStringMethods",
    "PyValueError", "Python", "Result", "Self", "Send", "Sized", "Some", "String", "Sync", "ToOwned", "ToString",
    "TryFrom", "TryInto", "Unpin", "Vec",
}  # fmt: skip


def clean(text: str) -> str:
    """Return a text with a space for each character that no name may have."""
    # Letters that only look different have no case, which lints ask for.
    text = unicodedata.normalize("NFKC", text)
    return "".join(character if f"a{character}".isidentifier() else " " for character in text).replace("_", " ")


def pascal(text: str) -> str:
    """Return a text as the name of a type or variant: `new-york` becomes `NewYork`."""
    text = clean(re.sub(r"^-(?=\d)", "minus ", text))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).split()
    name = "".join(word.capitalize() for word in words) or "Empty"
    name = name if name.isidentifier() else f"V{name}"
    return f"{name}Value" if name == "Self" else name


def type_name(name: str) -> str:
    """Return a name for a type that no lint dislikes and no other type of Rust or PyO3 has."""
    plain = name.isidentifier() and name[0].isupper() and "_" not in name
    found = name if plain else pascal(name)
    return f"{found}Value" if found in RESERVED else found


def names(texts: Sequence[str]) -> list[str]:
    """Return Rust names for variants, all different."""
    return distinct(pascal(text) for text in texts)


def field_names(texts: Sequence[str]) -> list[str]:
    """Return Rust names for fields, all different: `user-id` becomes `user_id`, and `type` becomes `r#type`."""
    return [escaped_keyword(name) for name in distinct(map(snake, texts))]


def distinct(candidates: Iterable[str]) -> list[str]:
    """Return names with a number where one is taken already."""
    taken: dict[str, None] = {}
    for candidate in candidates:
        name, number = candidate, 2
        while name in taken:
            name, number = f"{candidate}{number}", number + 1
        taken[name] = None
    return list(taken)


def snake(name: str) -> str:
    """Return a text as the name of a field, which may be a keyword."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name) if not name.islower() else name
    found = "_".join(clean(found).split()).lower() or "field"
    found = found if found.isidentifier() else f"field_{found}"
    return f"{found}_" if found in FORBIDDEN else found


def escaped_keyword(name: str) -> str:
    """Return a name as Rust writes it where it is a keyword."""
    return f"r#{name}" if name in KEYWORDS else name


def literal(value: str | int) -> str:
    """Return a text or a whole number as a Rust literal.

    Raises:
        UsageError: No literal of Rust has this value.
    """
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise UsageError(f"{value} is outside 64 bits", "use `int` and check the value in Rust")
        return str(value)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError(f"{value!a} has a lone surrogate, and no text of Rust has one", "use `object`")
    known = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(known.get(character) or shown(character) for character in value) + '"'


def shown(character: str) -> str:
    """Return a character, or its number if it does not print."""
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def line(text: str) -> str:
    """Return a text as one line of a comment."""
    return " ".join(text.split())
