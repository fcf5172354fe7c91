//! What the chapters of the reference show, one module a chapter.

mod abi3;
mod calling_python;
mod classes;
mod collections;
pub mod documentation;
mod errors;
mod free_threading;
mod functions;
mod logging;
mod modules;
mod ownership;
mod panics;
mod parallelism;
mod profiles;
mod project_anatomy;
mod refused;
mod signals;
mod testing;
mod text_and_bytes;
mod types;
mod untrusted_input;
mod values;
mod versions;
mod wrapping;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::abi3::abi3;
    #[pymodule_export]
    use crate::calling_python::calling_python;
    #[pymodule_export]
    use crate::classes::classes;
    #[pymodule_export]
    use crate::collections::collections;
    #[pymodule_export]
    use crate::documentation::documentation;
    #[pymodule_export]
    use crate::errors::errors;
    #[pymodule_export]
    use crate::free_threading::free_threading;
    #[pymodule_export]
    use crate::functions::functions;
    #[pymodule_export]
    use crate::logging::logging;
    #[pymodule_export]
    use crate::modules::modules;
    #[pymodule_export]
    use crate::ownership::ownership;
    #[pymodule_export]
    use crate::panics::panics;
    #[pymodule_export]
    use crate::parallelism::parallelism;
    #[pymodule_export]
    use crate::profiles::profiles;
    #[pymodule_export]
    use crate::project_anatomy::project_anatomy;
    #[pymodule_export]
    use crate::signals::signals;
    #[pymodule_export]
    use crate::testing::testing;
    #[pymodule_export]
    use crate::text_and_bytes::text_and_bytes;
    #[pymodule_export]
    use crate::types::types;
    #[pymodule_export]
    use crate::untrusted_input::untrusted_input;
    #[pymodule_export]
    use crate::values::values;
    #[pymodule_export]
    use crate::versions::versions;
    #[pymodule_export]
    use crate::wrapping::wrapping;
}
