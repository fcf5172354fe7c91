//! What the chapters of the reference show, one module a chapter.

mod awaitables;
mod blocking;
mod cancellation;
mod coroutines;
mod deadlines;
mod event_loops;
mod exits;
mod guide;
mod streams;
mod testing_async;
mod which_async;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::awaitables::awaitables;
    #[pymodule_export]
    use crate::blocking::blocking;
    #[pymodule_export]
    use crate::cancellation::cancellation;
    #[pymodule_export]
    use crate::coroutines::coroutines;
    #[pymodule_export]
    use crate::deadlines::deadlines;
    #[pymodule_export]
    use crate::event_loops::event_loops;
    #[pymodule_export]
    use crate::exits::exits;
    #[pymodule_export]
    use crate::guide::guide;
    #[pymodule_export]
    use crate::streams::streams;
    #[pymodule_export]
    use crate::testing_async::testing_async;
    #[pymodule_export]
    use crate::which_async::which_async;
}
