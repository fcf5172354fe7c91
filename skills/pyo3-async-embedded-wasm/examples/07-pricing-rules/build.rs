//! Where the program looks for libpython and the standard library: beside itself, else where they were when it was built.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The first that is there counts.
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/python/lib");
    pyo3_build_config::add_libpython_rpath_link_args();
    let config = pyo3_build_config::get();
    let version = config.target_abi().version();
    let folder = format!("python{}.{}", version.major, version.minor);
    let home = config.lib_dir().and_then(|lib| {
        // Debian has it in /usr/lib/x86_64-linux-gnu, and the standard library in /usr/lib.
        let mut above = Path::new(lib).ancestors();
        above.find(|place| place.join("lib").join(&folder).join("encodings").is_dir())
    });
    let home = home.unwrap_or(Path::new("")).display();
    println!("cargo:rustc-env=PRICING_HOME={home}");
    println!("cargo:rustc-env=PRICING_STDLIB={folder}");
}
