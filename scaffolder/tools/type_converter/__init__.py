"""The tool `type_converter`: Python types and JSON samples as Rust types."""
