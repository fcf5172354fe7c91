//! What the chapters say that PyO3 refuses, as examples that must not compile; `cargo test --doc` tries each.
