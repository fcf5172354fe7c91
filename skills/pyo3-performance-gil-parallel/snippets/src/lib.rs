//! What the chapters of the reference show, one module a chapter.

mod allocators;
mod atomics;
mod back_pressure;
mod builds;
mod calls;
mod deadlocks;
mod detaching;
mod free_threading;
mod guide;
mod lock_free;
mod locks;
mod long_work;
mod memory;
mod paying_back;
mod pools;
mod processes;
mod profiling;
mod python_threads;
mod rust_threads;
mod scaling;
mod testing_threads;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::allocators::allocators;
    #[pymodule_export]
    use crate::atomics::atomics;
    #[pymodule_export]
    use crate::back_pressure::back_pressure;
    #[pymodule_export]
    use crate::builds::builds;
    #[pymodule_export]
    use crate::calls::calls;
    #[pymodule_export]
    use crate::deadlocks::deadlocks;
    #[pymodule_export]
    use crate::detaching::detaching;
    #[pymodule_export]
    use crate::free_threading::free_threading;
    #[pymodule_export]
    use crate::guide::guide;
    #[pymodule_export]
    use crate::lock_free::lock_free;
    #[pymodule_export]
    use crate::locks::locks;
    #[pymodule_export]
    use crate::long_work::long_work;
    #[pymodule_export]
    use crate::memory::memory;
    #[pymodule_export]
    use crate::paying_back::paying_back;
    #[pymodule_export]
    use crate::pools::pools;
    #[pymodule_export]
    use crate::processes::processes;
    #[pymodule_export]
    use crate::profiling::profiling;
    #[pymodule_export]
    use crate::python_threads::python_threads;
    #[pymodule_export]
    use crate::rust_threads::rust_threads;
    #[pymodule_export]
    use crate::scaling::scaling;
    #[pymodule_export]
    use crate::testing_threads::testing_threads;
}
