//! A library whose functions go wrong in the ways that people ask about.

use pyo3::prelude::*;

/// The functions and classes.
#[pymodule]
pub mod _core {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use pyo3::prelude::*;

    static LEDGER: Mutex<f64> = Mutex::new(0.0);

    /// Add prices up.
    #[pyfunction]
    fn total(prices: Vec<f64>) -> f64 {
        prices.iter().sum()
    }

    /// Return the mean price; an empty list is forgotten.
    #[pyfunction]
    fn average(prices: Vec<i64>) -> i64 {
        prices.iter().sum::<i64>() / prices.len() as i64
    }

    /// Return the lowest price; an empty list is forgotten.
    #[pyfunction]
    fn cheapest(prices: Vec<f64>) -> f64 {
        prices.into_iter().reduce(f64::min).unwrap()
    }

    /// Compute for some seconds, without a look at signals.
    #[pyfunction]
    fn wait_for(seconds: f64) {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while Instant::now() < end {
            std::hint::spin_loop();
        }
    }

    /// Write to an address that nobody owns.
    #[pyfunction]
    fn write_nowhere() {
        let nowhere = std::hint::black_box(8 as *mut u64);
        // SAFETY: none; this is the crash that a debugger is to find.
        unsafe { nowhere.write_volatile(1) }
    }

    /// End the process as a panic does where unwinding is not allowed.
    #[pyfunction]
    fn give_up() {
        extern "C" fn no_unwinding() {
            panic!("the ledger is inconsistent");
        }
        no_unwinding();
    }

    /// Lock the ledger in two threads, one of which waits for the interpreter with the lock in its hand.
    #[pyfunction]
    fn book(py: Python<'_>) {
        let held = std::sync::Arc::new(std::sync::Barrier::new(2));
        let other = std::sync::Arc::clone(&held);
        std::thread::spawn(move || {
            let mut ledger = LEDGER.lock().unwrap();
            other.wait();
            std::thread::sleep(Duration::from_millis(200));
            Python::attach(|_| *ledger += 1.0);
        });
        py.detach(|| held.wait());
        *LEDGER.lock().unwrap() += 1.0;
    }

    /// A price that does not name its module.
    #[pyclass(frozen, get_all, new = "from_fields")]
    struct Price {
        cents: i64,
    }

    /// What only Rust can make.
    #[pyclass]
    struct Receipt {}

    /// Prices that are asked for each in turn.
    #[pyclass]
    struct Basket {
        prices: Vec<f64>,
    }

    #[pymethods]
    impl Basket {
        #[new]
        fn new(prices: Vec<f64>) -> Self {
            Self { prices }
        }

        /// Change each price; the basket is borrowed while Python is called.
        fn reprice(&mut self, change: &Bound<'_, PyAny>) -> PyResult<()> {
            for price in &mut self.prices {
                *price = change.call1((*price,))?.extract()?;
            }
            Ok(())
        }

        fn total(&self) -> f64 {
            self.prices.iter().sum()
        }
    }

    /// What belongs to one thread.
    #[pyclass(unsendable)]
    struct Till {
        sum: Cell<f64>,
    }

    #[pymethods]
    impl Till {
        #[new]
        fn new() -> Self {
            Self {
                sum: Cell::new(0.0),
            }
        }

        fn take(&self, price: f64) {
            self.sum.set(self.sum.get() + price);
        }
    }

    /// A module within the module.
    #[pymodule]
    mod taxes {
        use pyo3::prelude::*;

        /// Return the tax on a price.
        #[pyfunction]
        fn vat(price: f64) -> f64 {
            price * 0.2
        }
    }
}
