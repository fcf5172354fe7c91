"""A generated project that exists: merge, apply, update, status, diff."""
