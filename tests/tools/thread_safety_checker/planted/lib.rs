//! Faults between threads, each in a function or class of its own, and beside each the right way.
//!
//! What needs a moment of another thread's gets it: a fault sleeps, detached, where it is open.

use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyIndexError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, PyOnceLock};

/// Lets other threads run.
fn pause(py: Python<'_>) {
    py.detach(|| std::thread::sleep(Duration::from_millis(2)));
}

/// Takes a lock whatever became of other holders.
fn take<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// -- 1: a mutable borrow while Python code runs ---------------------------------------------------------------------

#[pyclass]
#[derive(Default)]
struct Basket {
    total: i64,
}

#[pymethods]
impl Basket {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add_bad(&mut self, price: &Bound<'_, PyAny>) -> PyResult<()> {
        self.total += price.call0()?.extract::<i64>()?;
        Ok(())
    }
}

#[pyclass(frozen)]
#[derive(Default)]
struct GoodBasket {
    total: Mutex<i64>,
}

#[pymethods]
impl GoodBasket {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&self, py: Python<'_>, price: &Bound<'_, PyAny>) -> PyResult<()> {
        let price = price.call0()?.extract::<i64>()?;
        *self.total.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner) += price;
        Ok(())
    }

    #[getter]
    fn total(&self) -> i64 {
        *take(&self.total)
    }
}

// -- 2: a mutable borrow while detached -----------------------------------------------------------------------------

#[pyclass]
#[derive(Default)]
struct Ledger {
    lines: usize,
}

#[pymethods]
impl Ledger {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn settle_bad(&mut self, py: Python<'_>) {
        let lines = &mut self.lines;
        py.detach(|| {
            std::thread::sleep(Duration::from_millis(2));
            *lines += 1;
        });
    }

    #[getter]
    fn lines(&self) -> usize {
        self.lines
    }
}

#[pyclass(frozen)]
#[derive(Default)]
struct GoodLedger {
    lines: AtomicUsize,
}

#[pymethods]
impl GoodLedger {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn settle(&self, py: Python<'_>) {
        pause(py);
        self.lines.fetch_add(1, Ordering::Relaxed);
    }

    #[getter]
    fn lines(&self) -> usize {
        self.lines.load(Ordering::Relaxed)
    }
}

// -- 3: a lock held while Python code runs --------------------------------------------------------------------------

static OBSERVERS: Mutex<u64> = Mutex::new(0);

#[pyfunction]
fn notify_bad(observer: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut count = OBSERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    observer.call0()?;
    *count = count.wrapping_add(1);
    Ok(())
}

#[pyfunction]
fn notify_good(observer: &Bound<'_, PyAny>) -> PyResult<()> {
    {
        let mut count = OBSERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.wrapping_add(1);
    }
    observer.call0()?;
    Ok(())
}

// -- 4: a lock held across `detach` ---------------------------------------------------------------------------------

static JOURNAL: Mutex<u64> = Mutex::new(0);

#[pyfunction]
fn write_bad(py: Python<'_>) {
    let mut lines = JOURNAL.lock().unwrap_or_else(PoisonError::into_inner);
    *lines = lines.wrapping_add(1);
    py.detach(|| std::thread::sleep(Duration::from_millis(2)));
}

#[pyfunction]
fn write_good(py: Python<'_>) {
    py.detach(|| {
        let mut lines = JOURNAL.lock().unwrap_or_else(PoisonError::into_inner);
        *lines = lines.wrapping_add(1);
        std::thread::sleep(Duration::from_millis(1));
    });
}

// -- 5: two locks in two orders -------------------------------------------------------------------------------------

#[pyclass(frozen)]
#[derive(Default)]
struct Accounts {
    cash: Mutex<i64>,
    bank: Mutex<i64>,
}

#[pymethods]
impl Accounts {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn deposit_bad(&self, py: Python<'_>) {
        py.detach(|| {
            let mut cash = take(&self.cash);
            std::thread::sleep(Duration::from_millis(2));
            let mut bank = take(&self.bank);
            *cash -= 1;
            *bank += 1;
        });
    }

    fn withdraw_bad(&self, py: Python<'_>) {
        py.detach(|| {
            let mut bank = take(&self.bank);
            std::thread::sleep(Duration::from_millis(2));
            let mut cash = take(&self.cash);
            *bank -= 1;
            *cash += 1;
        });
    }
}

#[pyclass(frozen)]
#[derive(Default)]
struct GoodAccounts {
    cash: Mutex<i64>,
    bank: Mutex<i64>,
}

impl GoodAccounts {
    fn transfer(&self, amount: i64) {
        let mut cash = take(&self.cash);
        let mut bank = take(&self.bank);
        *cash -= amount;
        *bank += amount;
    }
}

#[pymethods]
impl GoodAccounts {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn deposit(&self, py: Python<'_>) {
        py.detach(|| self.transfer(1));
    }

    fn withdraw(&self, py: Python<'_>) {
        py.detach(|| self.transfer(-1));
    }
}

// -- 6: a counter that loses updates --------------------------------------------------------------------------------

static VISITS: AtomicI64 = AtomicI64::new(0);
static GOOD_VISITS: AtomicI64 = AtomicI64::new(0);

#[pyfunction]
fn visit_bad(py: Python<'_>) -> i64 {
    let visits = VISITS.load(Ordering::SeqCst);
    pause(py);
    VISITS.store(visits + 1, Ordering::SeqCst);
    visits + 1
}

#[pyfunction]
fn visit_good(py: Python<'_>) -> i64 {
    pause(py);
    GOOD_VISITS.fetch_add(1, Ordering::SeqCst) + 1
}

// -- 7: a check and an act under two acquisitions -------------------------------------------------------------------

#[pyclass(frozen)]
struct Stock {
    left: Mutex<i64>,
}

#[pymethods]
impl Stock {
    #[new]
    fn new() -> Self {
        Self { left: Mutex::new(5) }
    }

    fn sell_bad(&self, py: Python<'_>) -> PyResult<i64> {
        if *take(&self.left) == 0 {
            return Err(PyIndexError::new_err("sold out"));
        }
        pause(py);
        let mut left = take(&self.left);
        *left -= 1;
        Ok(*left)
    }
}

#[pyclass(frozen)]
struct GoodStock {
    left: Mutex<i64>,
}

#[pymethods]
impl GoodStock {
    #[new]
    fn new() -> Self {
        Self { left: Mutex::new(5) }
    }

    fn sell(&self, py: Python<'_>) -> PyResult<i64> {
        pause(py);
        let mut left = take(&self.left);
        if *left == 0 {
            return Err(PyIndexError::new_err("sold out"));
        }
        *left -= 1;
        Ok(*left)
    }
}

// -- 8: one-time initialisation that happens twice ------------------------------------------------------------------

#[pyclass(frozen)]
struct Settings;

static SETTINGS: Mutex<Option<Py<Settings>>> = Mutex::new(None);
static GOOD_SETTINGS: PyOnceLock<Py<Settings>> = PyOnceLock::new();

#[pyfunction]
fn settings_bad(py: Python<'_>) -> PyResult<Py<Settings>> {
    if let Some(settings) = SETTINGS.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner).as_ref() {
        return Ok(settings.clone_ref(py));
    }
    pause(py);
    let settings = Py::new(py, Settings)?;
    *SETTINGS.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner) = Some(settings.clone_ref(py));
    Ok(settings)
}

#[pyfunction]
fn settings_good(py: Python<'_>) -> PyResult<Py<Settings>> {
    let settings = GOOD_SETTINGS.get_or_try_init(py, || {
        pause(py);
        Py::new(py, Settings)
    })?;
    Ok(settings.clone_ref(py))
}

// -- 9: a buffer that all calls share -------------------------------------------------------------------------------

struct Scratch(UnsafeCell<Vec<u8>>);

unsafe impl Sync for Scratch {}

static SCRATCH: Scratch = Scratch(UnsafeCell::new(Vec::new()));

#[pyfunction]
fn reverse_bad(py: Python<'_>, text: &[u8]) -> Vec<u8> {
    unsafe {
        let scratch = &mut *SCRATCH.0.get();
        scratch.clear();
        for byte in text.iter().rev() {
            scratch.push(*byte);
            pause(py);
        }
        scratch.clone()
    }
}

#[pyfunction]
fn reverse_good(py: Python<'_>, text: &[u8]) -> Vec<u8> {
    pause(py);
    text.iter().rev().copied().collect()
}

// -- 10: memory that is read while it is replaced -------------------------------------------------------------------

static TABLE: AtomicPtr<u64> = AtomicPtr::new(std::ptr::null_mut());
static GOOD_TABLE: Mutex<Option<Arc<u64>>> = Mutex::new(None);

#[pyfunction]
fn reload_bad(py: Python<'_>) -> u64 {
    let before = TABLE.load(Ordering::SeqCst);
    if !before.is_null() {
        // Two threads would free it twice: the first leaves an address that can't be read.
        TABLE.store(std::ptr::without_provenance_mut(8), Ordering::SeqCst);
    }
    pause(py);
    let value = if before.is_null() { 1 } else { unsafe { std::ptr::read_volatile(before) } };
    if !before.is_null() {
        drop(unsafe { Box::from_raw(before) });
    }
    TABLE.store(Box::into_raw(Box::new(1)), Ordering::SeqCst);
    value
}

#[pyfunction]
fn reload_good(py: Python<'_>) -> u64 {
    pause(py);
    let before = take(&GOOD_TABLE).replace(Arc::new(1));
    before.map_or(1, |value| *value)
}

// -- 11: a panic when a lock is taken -------------------------------------------------------------------------------

static CACHE: Mutex<u64> = Mutex::new(0);

#[pyfunction]
fn refresh_bad(py: Python<'_>) -> u64 {
    py.detach(|| {
        let cache = CACHE.try_lock().unwrap();
        std::thread::sleep(Duration::from_millis(2));
        *cache
    })
}

#[pyfunction]
fn refresh_good(py: Python<'_>) -> u64 {
    py.detach(|| {
        let cache = take(&CACHE);
        std::thread::sleep(Duration::from_millis(1));
        *cache
    })
}

// -- 12: an object that belongs to one thread -----------------------------------------------------------------------

#[pyclass(unsendable)]
#[derive(Default)]
struct Cursor {
    row: Cell<usize>,
}

#[pymethods]
impl Cursor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn advance_bad(&self) -> usize {
        self.row.set(self.row.get() + 1);
        self.row.get()
    }
}

#[pyclass(frozen)]
#[derive(Default)]
struct GoodCursor {
    row: AtomicUsize,
}

#[pymethods]
impl GoodCursor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn advance(&self) -> usize {
        self.row.fetch_add(1, Ordering::Relaxed) + 1
    }
}

// -- 13: an exception that one thread never gets --------------------------------------------------------------------

static BUSY: AtomicBool = AtomicBool::new(false);
static FREE: Mutex<()> = Mutex::new(());

#[pyfunction]
fn compact_bad(py: Python<'_>) -> PyResult<()> {
    if BUSY.swap(true, Ordering::SeqCst) {
        return Err(PyRuntimeError::new_err("compaction is running"));
    }
    pause(py);
    BUSY.store(false, Ordering::SeqCst);
    Ok(())
}

#[pyfunction]
fn compact_good(py: Python<'_>) {
    py.detach(|| {
        let _guard = take(&FREE);
        std::thread::sleep(Duration::from_millis(1));
    });
}

// -- 14: memory that every call leaves behind -----------------------------------------------------------------------

#[pyfunction]
fn encode_bad(py: Python<'_>, text: &[u8]) -> usize {
    let block = vec![1_u8; 100_000 + text.len()].leak();
    py.detach(|| block.iter().filter(|byte| **byte == 2).count())
}

#[pyfunction]
fn encode_good(py: Python<'_>, text: &[u8]) -> usize {
    let block = vec![1_u8; 100_000 + text.len()];
    py.detach(|| block.iter().filter(|byte| **byte == 2).count())
}

// -- 15: a thread that needs the interpreter, joined while attached -------------------------------------------------

#[pyfunction]
fn gather_bad() -> i64 {
    let worker = std::thread::spawn(|| Python::attach(|_| 42));
    worker.join().unwrap_or(0)
}

#[pyfunction]
fn gather_good(py: Python<'_>) -> i64 {
    let worker = std::thread::spawn(|| Python::attach(|_| 42));
    py.detach(|| worker.join()).unwrap_or(0)
}

#[pymodule]
mod planted {
    #[pymodule_export]
    use super::{
        Accounts, Basket, Cursor, GoodAccounts, GoodBasket, GoodCursor, GoodLedger, GoodStock, Ledger, Settings,
        Stock, compact_bad, compact_good, encode_bad, encode_good, gather_bad, gather_good, notify_bad, notify_good,
        refresh_bad, refresh_good, reload_bad, reload_good, reverse_bad, reverse_good, settings_bad, settings_good,
        visit_bad, visit_good, write_bad, write_good,
    };
}
