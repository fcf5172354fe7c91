"""Make, inspect and keep up to date Python packages written in Rust with PyO3."""

__version__ = "0.1.0"
