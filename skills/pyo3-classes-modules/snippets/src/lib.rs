//! What the chapters of the reference show, one module a chapter.

mod callbacks;
mod choosing;
mod construction;
mod containers;
mod context_managers;
mod enums;
mod equality;
mod garbage_collection;
mod guide;
mod hot_reload;
mod inheritance;
mod iterators;
mod layout;
mod module_tree;
mod operators;
mod pickling;
mod plugins;
mod properties;
mod receivers;
mod refused;
mod several_extensions;
mod typing;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::callbacks::callbacks;
    #[pymodule_export]
    use crate::choosing::choosing;
    #[pymodule_export]
    use crate::construction::construction;
    #[pymodule_export]
    use crate::containers::containers;
    #[pymodule_export]
    use crate::context_managers::context_managers;
    #[pymodule_export]
    use crate::enums::enums;
    #[pymodule_export]
    use crate::equality::equality;
    #[pymodule_export]
    use crate::garbage_collection::garbage_collection;
    #[pymodule_export]
    use crate::guide::guide;
    #[pymodule_export]
    use crate::hot_reload::hot_reload;
    #[pymodule_export]
    use crate::inheritance::inheritance;
    #[pymodule_export]
    use crate::iterators::iterators;
    #[pymodule_export]
    use crate::layout::layout;
    #[pymodule_export]
    use crate::module_tree::module_tree;
    #[pymodule_export]
    use crate::operators::operators;
    #[pymodule_export]
    use crate::pickling::pickling;
    #[pymodule_export]
    use crate::plugins::plugins;
    #[pymodule_export]
    use crate::properties::properties;
    #[pymodule_export]
    use crate::receivers::receivers;
    #[pymodule_export]
    use crate::several_extensions::several_extensions;
    #[pymodule_export]
    use crate::typing::typing;
}
