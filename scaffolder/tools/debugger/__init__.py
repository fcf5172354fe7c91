"""Explain failing output, merge backtraces, and configure debuggers."""
