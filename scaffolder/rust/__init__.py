"""Rust source, read by tree-sitter, for every tool."""
