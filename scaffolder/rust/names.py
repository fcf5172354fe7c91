"""Names and literals for Rust code that a tool writes."""

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
# Not even `r#` makes these a name.
FORBIDDEN = {"self", "super", "crate", "Self", "_"}
# A type with one of these names would shadow one that generated code, or PyO3's macros, refer to.
RESERVED = {
    "AsMut", "AsRef", "Borrowed", "Bound", "Box", "BTreeMap", "Clone", "Copy", "Debug", "Default", "Drop", "Eq",
    "Err", "Fn", "FnMut", "FnOnce", "From", "FromIterator", "FromPyObject", "FromPyObjectOwned", "Hash", "HashMap",
    "HashSet", "Into", "IntoIterator", "IntoPyObject", "IntoPyObjectRef", "IpAddr", "Iterator", "None", "Ok",
    "Option", "Ord", "PartialEq", "PartialOrd", "PathBuf", "Py", "PyAny", "PyAnyMethods", "PyClassGuard",
    "PyClassGuardMut", "PyClassInitializer", "PyDict", "PyDictMethods", "PyErr", "PyModule", "PyRef", "PyRefMut",
    "PyResult", "PyStringMethods", "Python", "PyValueError", "Result", "Self", "Send", "Sized", "Some", "String",
    "Sync", "ToOwned", "ToString", "TryFrom", "TryInto", "Unpin", "Vec",
}  # fmt: skip


def separate_words(text: str) -> str:
    """Replace characters that are not allowed in names by spaces."""
    # Letters that only look different have no case, which lints ask for.
    text = unicodedata.normalize("NFKC", text)
    return "".join(character if f"a{character}".isidentifier() else " " for character in text).replace("_", " ")


def pascal(text: str) -> str:
    """Turn a text into the name of a type or variant: `new-york` becomes `NewYork`."""
    text = separate_words(re.sub(r"^-(?=\d)", "minus ", text))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).split()
    name = "".join(word.capitalize() for word in words) or "Empty"
    name = name if name.isidentifier() else f"V{name}"
    return f"{name}Value" if name == "Self" else name


def type_name(name: str) -> str:
    """Return a type name that passes the lints and does not clash with Rust's or PyO3's types."""
    acronym = name.isupper() and len(name) > 2
    plain = name.isidentifier() and name[0].isupper() and "_" not in name and not acronym
    name = name if plain else pascal(name)
    return f"{name}Value" if name in RESERVED else name


def variant_names(texts: Sequence[str]) -> list[str]:
    """Return Rust names for variants, all different."""
    return number_duplicates(pascal(text) for text in texts)


def field_names(texts: Sequence[str]) -> list[str]:
    """Return Rust names for fields, all different: `user-id` becomes `user_id`, and `type` becomes `r#type`."""
    return [escape_keyword(name) for name in number_duplicates(map(snake, texts))]


def number_duplicates(candidates: Iterable[str]) -> list[str]:
    """Add numbers to names that occur more than once."""
    numbered: dict[str, None] = {}
    for candidate in candidates:
        name, number = candidate, 2
        while name in numbered:
            name, number = f"{candidate}{number}", number + 1
        numbered[name] = None
    return list(numbered)


def snake(name: str) -> str:
    """Turn a text into the name of a field, which may be a keyword."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name) if not name.islower() else name
    name = "_".join(separate_words(name).split()).lower() or "field"
    name = name if name.isidentifier() else f"field_{name}"
    return f"{name}_" if name in FORBIDDEN else name


def escape_keyword(name: str) -> str:
    """Escape a name that is a Rust keyword."""
    return f"r#{name}" if name in KEYWORDS else name


def literal(value: str | int) -> str:
    """Return a string or an integer as a Rust literal.

    Raises:
        UsageError: Rust has no literal for this value.
    """
    if isinstance(value, int):
        return str(value)
    if not is_text(value):
        raise UsageError(f"{value!a} has a lone surrogate, which no Rust string can hold", "leave it out")
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(character) or escape_character(character) for character in value) + '"'


def is_text(value: str) -> bool:
    """Whether a Rust string can hold this text: it has no lone surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def escape_character(character: str) -> str:
    """Return a character, escaped if it is not printable."""
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def one_line(text: str) -> str:
    """Turn a text into one line for a comment."""
    return " ".join(text.split())
