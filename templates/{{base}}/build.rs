//! Link arguments.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PYO3_BUILD_EXTENSION_MODULE");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        // Room in the header: Homebrew writes a longer path into a library that it installs.
        println!("cargo:rustc-link-arg-cdylib=-Wl,-headerpad_max_install_names");
    }
    // For plain `cargo`; Maturin passes arguments of its own.
    if std::env::var_os("PYO3_BUILD_EXTENSION_MODULE").is_none() {
        // macOS: the extension finds Python's symbols when Python loads it.
        pyo3_build_config::add_extension_module_link_args();
        // `cargo test` starts an interpreter and has to find its library.
        pyo3_build_config::add_libpython_rpath_link_args();
    }
}
