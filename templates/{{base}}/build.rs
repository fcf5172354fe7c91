//! Link arguments for plain `cargo`. Maturin passes its own, so its builds are left alone.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PYO3_BUILD_EXTENSION_MODULE");
    if std::env::var_os("PYO3_BUILD_EXTENSION_MODULE").is_none() {
        // macOS: the extension finds Python's symbols when Python loads it.
        pyo3_build_config::add_extension_module_link_args();
        // `cargo test` starts an interpreter and has to find its library.
        pyo3_build_config::add_libpython_rpath_link_args();
    }
}
