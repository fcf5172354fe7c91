//! What the explanations advise, compiled. `«case | pattern | filled»` stands for what the pattern finds (its group, if
//! there is one) in the advice on a kept output; the values that are filled in for its `…` are divided by ` / `.
#![allow(dead_code, unused_variables, unused_mut, unused_imports, deprecated)]

mod functions {
    use pyo3::prelude::*;
    use pyo3::types::*;

    #[pyfunction]
    fn extend(list: «gil-references--option | `(&Bound<'_, PyList>)`», options: «gil-references--option | `(Option<[^`]+>)`») {
        let _ = (list.len(), options.map(|options| options.len()));
    }

    #[pyfunction]
    fn count(items: «borrowed-items--array | as in `[^`]+` or `([^`]+)`») -> usize {
        items.len()
    }

    #[pyfunction]
    fn anything(value: «gil-references--any | Write `([^`]+)`») -> PyResult<usize> {
        Ok(value.«pyfunction-generic--impl | try_iter\(\)\?».count())
    }

    #[pyfunction]
    «signature-mismatch--missing | #\[pyo3[^\n]+\nfn [^\n]+» {
        price * rate
    }

    #[pyfunction]
    «attribute-option-unknown--class | below it (#\[pyo3\(signature = [^\n]+)»
    «attribute-option-unknown--class | #\[pyo3\(name = [^\n]+»
    fn add(price: f64, rate: f64) -> f64 {
        price + rate
    }

    «pyfunction-missing--export | #\[pyfunction\]\nfn [^\n]+ | prices: Vec<f64> / -> f64» {
        prices.iter().sum()
    }

    «pyfunction-generic--impl | #\[derive\(FromPyObject\)\] enum [^\n]+»

    #[pyfunction]
    fn token(«python-token-missing--function | `(py: [^`]+)`») -> Py<PyAny> {
        py.None()
    }

    #[pyfunction]
    «result-needed--question-mark | fn name[\s\S]+?\n\}»

    «lifetime-missing--result | fn first[^\n]+» {
        prices.get_item(others)
    }

    #[pyfunction]
    fn positive(value: Option<f64>) -> PyResult<f64> {
        «exception-not-imported--raise | use [^\n]+»
        let value = «panic-exception--pytest | value\.ok_or_else[^\n]+»;
        Ok(value)
    }

    #[pyfunction]
    fn reserve(count: usize) -> PyResult<usize> {
        use pyo3::exceptions::PyMemoryError;
        «allocation-failed--vector | let mut values[\s\S]+?\?;»
        Ok(values.capacity())
    }
}

mod threads {
    use pyo3::prelude::*;
    use pyo3::types::*;
    «interpreter-deadlock--gdb | use pyo3::sync::MutexExt;»
    use std::sync::Mutex;

    static LEDGER: Mutex<Vec<f64>> = Mutex::new(Vec::new());
    static COUNT: Mutex<i64> = Mutex::new(0);

    #[pyfunction]
    fn sum(py: Python<'_>, prices: &Bound<'_, PyList>) -> PyResult<f64> {
        «python-in-detach--list | let prices: [^\n]+»
        Ok(py.detach(|| prices.iter().sum()))
    }

    #[pyfunction]
    fn later(py: Python<'_>, function: Bound<'_, PyAny>) {
        «python-in-thread--rayon | let function = [^\n]+»
        let handle = std::thread::spawn(move || drop(«python-in-thread--rayon | Python::attach\([^\n]+»));
        drop(«tests-timed-out--deadlock | py\.detach\(\|\| handle\.join\(\)\)»);
    }

    fn copied(shared: std::rc::Rc<[f64]>) -> Vec<f64> {
        «unsendable-in-detach--rc | let prices: [^\n]+»
        prices
    }

    #[pyfunction]
    fn entries(py: Python<'_>) -> usize {
        «interpreter-deadlock--gdb | LEDGER\.lock_py_attached\(py\)».map_or(0, |entries| entries.len())
    }

    async fn counted() {
        «guard-across-await--mutex | \{[\s\S]+?\n\}»
        std::future::ready(()).await;
    }

    #[pyfunction]
    fn long(py: Python<'_>) -> PyResult<()> {
        «ctrl-c-ignored--script | py\.check_signals\(\)\?;»
        py.detach(|| -> PyResult<()> {
            «ctrl-c-ignored--script | Python::attach\(\|py\| py\.check_signals\(\)\)\?»;
            Ok(())
        })
    }

    fn start() {
        «python-not-initialized--cargo-test | Python::initialize\(\);»
        «not-attached--cpython | Python::attach\([^\n]+\) | drop(py.None())»;
        drop(«stack-overflow--recursion | std::thread::Builder[^\n]+».spawn(|| {}));
    }
}

mod conversions {
    «prelude-missing--method | use [^\n]+»

    #[derive(Clone)]
    «argument-not-convertible--list | (#\[pyclass\([^\n]+?\)\]) with»
    struct Node {
        value: i64,
    }

    #[pyfunction]
    fn sum(nodes: Vec<Node>) -> i64 {
        nodes.into_iter().map(|node| node.value).sum()
    }

    #[pyfunction]
    fn borrowed(node: «argument-not-convertible--list | `(PyRef<[^`]+)`», nodes: «argument-not-convertible--list | `(Vec<Py[^`]+)`») {}

    «argument-not-convertible--list | #\[derive\(FromPyObject\)\]»
    «result-not-convertible--function | #\[derive\(IntoPyObject\)\]»
    struct Entry {
        cents: i64,
    }

    «from-pyobject-impl--extract | impl[\s\S]+?\n\}»

    struct Price(i64);
}

mod errors {
    use pyo3::prelude::*;

    #[derive(Debug)]
    struct PriceError;

    impl std::fmt::Display for PriceError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "no price")
        }
    }

    «error-not-convertible--parse | use [\s\S]+?\n\}»

    mod of_others {
        use pyo3::prelude::*;
        «error-of-std--boxed | use [^\n]+»

        fn compute() -> Result<i64, std::num::ParseIntError> {
            "1".parse()
        }

        fn value() -> PyResult<i64> {
            «error-not-convertible--parse | let value = [^\n]+»
            Ok(value)
        }

        fn behind_a_pointer() -> PyResult<i64> {
            fn compute() -> Result<i64, Box<dyn std::error::Error>> {
                Ok("1".parse()?)
            }
            «error-of-std--boxed | pointer: (let value = [^\n]+)»
            Ok(value)
        }

        fn text() -> PyResult<i64> {
            fn compute() -> Result<i64, String> {
                Ok(1)
            }
            «error-of-std--boxed | text: (let value = [^\n]+?;)»
            if value == 0 {
                «error-of-std--boxed | return Err\([^\n]+?;»
            }
            Ok(value)
        }
    }

    mod exported {
        use pyo3::prelude::*;
        use pyo3::exceptions::PyException;
        «prelude-not-imported--attribute | use pyo3::create_exception;»

        «exception-not-picklable--module | create_exception![^\n]+»

        fn export(py: Python<'_>, module: &Bound<'_, PyModule>) -> PyResult<()> {
            «exception-not-picklable--module | module\.add[^\n]+»
            Ok(())
        }
    }
}

mod classes {
    use pyo3::prelude::*;

    mod written {
        use pyo3::prelude::*;

        «not-a-class--new | #\[pyclass\]\nstruct [^\n]+ | cents: i64»

        trait Priced {
            fn cents(&self) -> i64;
        }

        impl Priced for Price {
            fn cents(&self) -> i64 {
                self.cents
            }
        }

        «pymethods-on-trait--impl | #\[pymethods\][\s\S]+?\n\}»
    }

    «pickle-fails--class | #\[pyclass[^\n]+»
    struct Price {
        «attribute-not-writable--get-all | #\[pyo3\(get, set\)\]»
        rate: f64,
        cents: i64,
        prices: Vec<f64>,
        owner: Py<PyAny>,
    }

    #[pymethods]
    impl Price {
        «pickle-fails--class | fn __getnewargs__[^\n]+»

        «getter-arguments--getter | #\[getter\]\nfn [^\n]+» {
            self.cents
        }

        «getter-arguments--getter | #\[setter\]\nfn [^\n]+» {
            self.cents = cents;
        }

        «slot-result--contains | fn __contains__[^\n]+» {
            item == self.cents
        }

        «slot-result--contains | fn __len__[^\n]+» {
            1
        }

        «slot-result--contains | fn __hash__[^\n]+» {
            1
        }

        «slot-result--contains | fn __setitem__[^\n]+» {
            self.prices[index] = value;
            Ok(())
        }

        fn shared(&self, py: Python<'_>) -> Py<PyAny> {
            «reference-clone--call | let owner = [^\n]+»
            owner
        }

        fn called(&self, function: &Bound<'_, PyAny>) -> PyResult<()> {
            «already-borrowed--mutable | let prices = [^\n]+»
            function.call1((prices,))?;
            Ok(())
        }
    }

    mod made {
        use pyo3::prelude::*;

        #[pyclass]
        struct Price {
            cents: i64,
        }

        «no-constructor--class | #\[pymethods\][\s\S]+?\n\} | Price»

        «no-constructor--class | #\[pyclass\(new = [^\n]+»
        struct Rate {
            cents: i64,
        }

    }

    mod derived {
        use pyo3::prelude::*;

        «class-not-base--python | #\[pyclass\(subclass\)\]»
        struct Parent {
            cents: i64,
        }

        #[pyclass(extends = Parent)]
        struct Price(i64);

        #[pymethods]
        impl Price {
            «base-not-initialized--self | fn twice[\s\S]+?\n\} | self.0 * 2 / cents: 1»
        }

        fn child(py: Python<'_>, child: Price, parent: Parent) -> PyResult<Py<Price>> {
            «result-not-convertible--function | Py::new\(py, \(child, parent\)\)»
        }
    }

    mod unchanged {
        use pyo3::prelude::*;

        «already-borrowed--mutable | #\[pyclass\(frozen\)\]»
        struct Price(i64);

        #[pymethods]
        impl Price {
            «frozen-changed--method | fn doubled[^\n]+» {
                Self(self.0 * 2)
            }
        }

        «pyclass-not-sync--cell | #\[pyclass\(unsendable\)\]»
        struct Local(std::rc::Rc<i64>);
    }
}

mod modules {
    use pyo3::prelude::*;

    #[pyfunction]
    fn rounded(price: f64) -> f64 {
        price.round()
    }

    mod named {
        use pyo3::prelude::*;

        «init-function-missing--import | #\[pymodule\]\nmod [^\n]+ | »
    }

    «gil-enabled-again--import | #\[pymodule\(gil_used = false\)\]»
    mod exporting {
        use pyo3::prelude::*;

        «stale-extension--attribute | #\[pymodule_export\] use [^\n]+?;»

        «submodule-not-package--import | #\[pymodule_init\][\s\S]+?\n\} | taxes»
    }
}

mod arrays {
    use numpy::{PyArray1, PyReadonlyArray1};
    use pyo3::prelude::*;
    «numpy-not-writeable--read-only | use numpy[^\n]+»

    #[pyfunction]
    «numpy-not-writeable--read-only | fn double[^\n]+\n[^\n]+»
        prices.as_array_mut().mapv_inplace(|price| price * 2.0);
        Ok(())
    }

    #[pyfunction]
    fn sum(prices: «vec-conversion--gdb | `(PyReadonlyArray1[^`]+)`») -> f64 {
        prices.as_array().sum()
    }

    #[pyfunction]
    fn first(prices: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
        let sum: f64 = «array-not-contiguous--to-vec | prices\.as_array\(\)\.iter\(\)».sum();
        «array-not-contiguous--to-vec | let values = [^\n]+»
        Ok(values[0] / sum)
    }
}

mod asynchronous {
    use pyo3::prelude::*;
    use std::sync::Arc;

    struct State(u64);

    #[pyclass(frozen)]
    struct Waiter {
        seconds: u64,
        state: Arc<State>,
    }

    #[pymethods]
    impl Waiter {
        fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            «future-borrows--self | let seconds = [^\n]+»
            «future-borrows--self | `(let state = [^`]+;)`»
            «no-tokio-runtime--spawn | pyo3_async_runtimes::tokio::future_into_py[^\n]+ | Ok(seconds + state.0)»
        }
    }

    #[pyfunction]
    fn waits(py: Python<'_>) {
        «no-tokio-runtime--spawn | Or wait for it: ([^\n]+) | »;
        «no-tokio-runtime--spawn | let guard = [^\n]+»
    }

    #[pyfunction]
    fn starts(py: Python<'_>) -> PyResult<()> {
        «no-event-loop--coroutine | let locals = [^\n]+»
        «no-event-loop--coroutine | tokio::spawn[^\n]+ | »
        let runtime = «runtime-in-runtime--block-on | pyo3_async_runtimes::tokio::get_runtime\(\)»;
        Ok(())
    }

    async fn blocks() {
        let result = «runtime-in-runtime--block-on | tokio::task::spawn_blocking[^\n]+ | 1»;
    }

    fn carries(py: Python<'_>) -> PyResult<()> {
        use pyo3_async_runtimes::TaskLocals;
        let locals = «other-event-loop--future | TaskLocals::with_running_loop\(py\)\?»;
        Ok(())
    }
}
