"""From Python types to Rust types and back: what the tool `type_converter` works out."""
