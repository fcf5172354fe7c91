//! What the chapters on WebAssembly show: built for Pyodide, and tested inside it.

mod building_wasm;
mod javascript;
mod missing_parts;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::building_wasm::building_wasm;
    #[pymodule_export]
    use crate::javascript::javascript;
    #[pymodule_export]
    use crate::missing_parts::missing_parts;
}
