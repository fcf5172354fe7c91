//! The Python that the program is built for is the one that it runs, whatever the environment says.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    pyo3_build_config::add_libpython_rpath_link_args();
    let config = pyo3_build_config::get();
    let version = config.target_abi().version();
    let encodings = format!("python{}.{}/encodings", version.major, version.minor);
    let home = config.lib_dir().and_then(|lib| {
        // Debian has it in /usr/lib/x86_64-linux-gnu, and the standard library in /usr/lib.
        let mut above = Path::new(lib).ancestors();
        above.find(|place| place.join("lib").join(&encodings).is_dir())
    });
    let home = home.unwrap_or(Path::new("")).display();
    println!("cargo:rustc-env=ARENA_PYTHON={home}");
}
