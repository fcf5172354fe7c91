//! Lets the programs find libpython, and tells them where Python's standard library is.

// region: main
fn main() {
    look_beside_the_program(); // First, so that a bundle finds its own library.
    pyo3_build_config::add_libpython_rpath_link_args();
    pyo3_build_config::use_pyo3_cfgs(); // For `cfg(Py_3_14)`.
    name_the_home();
}
// endregion: main

// region: beside
/// Let the loader look into `python/lib`, beside the program.
fn look_beside_the_program() {
    let folder = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => "$ORIGIN/python/lib",
        Ok("macos") => "@executable_path/python/lib",
        _ => return,
    };
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{folder}");
}
// endregion: beside

// region: home
/// Let `env!("BUILD_HOME")` be the home of the Python that the program is built with.
fn name_the_home() {
    let script = "import sys; print(sys.base_prefix)";
    match pyo3_build_config::get().run_python_script(script) {
        Ok(home) => println!("cargo:rustc-env=BUILD_HOME={}", home.trim_end()),
        Err(error) => panic!("{error}"),
    }
}
// endregion: home
