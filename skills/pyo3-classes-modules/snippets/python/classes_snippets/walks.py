"""Where users, and other extensions, import the walks from."""

from classes_snippets._core import several_extensions as _several_extensions

Walk = _several_extensions.Walk
