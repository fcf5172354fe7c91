//! Lets the programs find libpython where it was when they were built.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
    pyo3_build_config::use_pyo3_cfgs(); // For `cfg(Py_3_14)`.
}
