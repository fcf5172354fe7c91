//! What the chapters of the reference show, one module a chapter.

mod arrow_data;
mod arrow_types;
mod borrowing_arrays;
mod buffers_in;
mod buffers_out;
mod costs;
mod deriving;
mod dlpack;
mod dtypes;
mod guide;
mod in_place;
mod kernels;
mod larger_than_memory;
mod layouts;
mod neighbours;
mod parquet_data;
mod proving;
mod returning_arrays;
mod text_and_bytes;
mod untrusted_data;
mod values;
mod writing;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::arrow_data::arrow_data;
    #[pymodule_export]
    use crate::arrow_types::arrow_types;
    #[pymodule_export]
    use crate::borrowing_arrays::borrowing_arrays;
    #[pymodule_export]
    use crate::buffers_in::buffers_in;
    #[pymodule_export]
    use crate::buffers_out::buffers_out;
    #[pymodule_export]
    use crate::costs::costs;
    #[pymodule_export]
    use crate::deriving::deriving;
    #[pymodule_export]
    use crate::dlpack::dlpack;
    #[pymodule_export]
    use crate::dtypes::dtypes;
    #[pymodule_export]
    use crate::guide::guide;
    #[pymodule_export]
    use crate::in_place::in_place;
    #[pymodule_export]
    use crate::kernels::kernels;
    #[pymodule_export]
    use crate::larger_than_memory::larger_than_memory;
    #[pymodule_export]
    use crate::layouts::layouts;
    #[pymodule_export]
    use crate::neighbours::neighbours;
    #[pymodule_export]
    use crate::parquet_data::parquet_data;
    #[pymodule_export]
    use crate::proving::proving;
    #[pymodule_export]
    use crate::returning_arrays::returning_arrays;
    #[pymodule_export]
    use crate::text_and_bytes::text_and_bytes;
    #[pymodule_export]
    use crate::untrusted_data::untrusted_data;
    #[pymodule_export]
    use crate::values::values;
    #[pymodule_export]
    use crate::writing::writing;
}
