//! The journal as a Python object: a sequence that calls back, and its transactions.

use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::Mutex;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyException, PyIndexError, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PySlice};

use crate::errors::{Error, Result};
use crate::{Account, Book, Entry, Money, lock};

/// The entries that were posted, oldest first, and the balances that follow from them.
///
/// A journal is a sequence of entries to which entries can be added, but neither changed nor
/// removed. Threads may share it. Pickles and copies keep accounts and entries, not the callback.
///
/// Args:
///     accounts: The accounts that entries may name.
///     entries: A history to start with, whose overdrafts are not checked again.
///
/// Raises:
///     DuplicateAccountError: If two accounts have one name.
///     UnknownAccountError: If an entry names another account.
///     ValueError: If an entry is refused for its amount or currency.
#[pyclass(frozen, sequence, weakref)]
#[pyo3(module = "ledger")]
pub struct Journal {
    accounts: BTreeMap<String, Py<Account>>,
    book: Mutex<Book>,
    on_post: Mutex<Option<Py<PyAny>>>,
}

impl Journal {
    /// Posts entries together: ask the accounts, change the book, tell the callback.
    ///
    /// The first and the last step run Python code, which may use this very journal. No lock is
    /// held then, and the class is frozen, so there is no borrow that could be in the way either.
    fn commit(&self, py: Python<'_>, entries: Vec<Entry>) -> PyResult<()> {
        let mut overdrafts = BTreeMap::new();
        for payer in entries.iter().filter_map(Entry::payer) {
            if !overdrafts.contains_key(payer) {
                let account = self.accounts.get(payer);
                let account = account.ok_or_else(|| Error::UnknownAccount(payer.to_owned()))?;
                // By name, so that an override in a subclass is found.
                let overdraft = account.bind(py).call_method0("overdraft")?;
                overdrafts.insert(payer.to_owned(), overdraft.extract()?);
            }
        }
        lock(&self.book).post(&entries, &overdrafts)?;
        match self.on_post(py) {
            Some(callback) => tell(callback.bind(py), entries),
            None => Ok(()),
        }
    }

    fn select(&self, slice: &Bound<'_, PySlice>) -> PyResult<Vec<Entry>> {
        // This may call an `__index__`, so no lock is held. The range stays valid without one,
        // because entries never go away.
        let range = slice.indices(isize::try_from(self.__len__())?)?;
        let indices = successors(Some(range.start), |index| index.checked_add(range.step));
        let book = lock(&self.book);
        let entries = indices
            .take(range.slicelength)
            .filter_map(|index| book.get(index).cloned());
        Ok(entries.collect())
    }
}

/// Calls back with each entry, and raises the first exception when all have been told.
///
/// The entries are posted, whatever a callback thinks of the first one. Further exceptions go to
/// `sys.unraisablehook`. What is no `Exception`, such as Ctrl-C, is to stop the program, so it does.
fn tell(callback: &Bound<'_, PyAny>, entries: Vec<Entry>) -> PyResult<()> {
    let py = callback.py();
    let mut first = None;
    for entry in entries {
        match callback.call1((entry,)) {
            Ok(_) => {}
            Err(error) if !error.is_instance_of::<PyException>(py) => return Err(error),
            Err(error) if first.is_none() => first = Some(error),
            Err(error) => error.write_unraisable(py, Some(callback)),
        }
    }
    first.map_or(Ok(()), Err)
}

#[derive(FromPyObject)]
enum Index<'py> {
    One(isize),
    Many(Bound<'py, PySlice>),
    // More than an `isize`, so more than there are entries.
    #[expect(dead_code, reason = "its type is all there is to know")]
    Beyond(Bound<'py, PyInt>),
}

#[derive(IntoPyObject)]
enum Selection {
    One(Entry),
    Many(Vec<Entry>),
}

#[pymethods]
impl Journal {
    #[new]
    #[pyo3(signature = (accounts, entries = None))]
    fn new(accounts: Vec<Bound<'_, Account>>, entries: Option<Vec<Entry>>) -> Result<Self> {
        let mut book = Book::default();
        for account in &accounts {
            book.open(&account.get().name, account.get().currency)?;
        }
        book.post(&entries.unwrap_or_default(), &BTreeMap::new())?;
        let named = |account: Bound<'_, Account>| (account.get().name.clone(), account.unbind());
        Ok(Self {
            accounts: accounts.into_iter().map(named).collect(),
            book: Mutex::new(book),
            on_post: Mutex::new(None),
        })
    }

    /// The accounts, in the order of their names.
    #[getter]
    fn accounts(&self, py: Python<'_>) -> Vec<Py<Account>> {
        self.accounts
            .values()
            .map(|account| account.clone_ref(py))
            .collect()
    }

    /// A function that is called with each entry after it was posted, or None.
    ///
    /// It may use the journal. What it raises comes out of `post` after it was called with all
    /// entries of the transaction, and they stay posted.
    #[getter]
    fn on_post(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.on_post)
            .as_ref()
            .map(|callback| callback.clone_ref(py))
    }

    #[setter]
    fn set_on_post(&self, callback: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        if callback
            .as_ref()
            .is_some_and(|callback| !callback.is_callable())
        {
            return Err(PyTypeError::new_err("on_post must be callable or None"));
        }
        // Dropping the old one may run its `__del__`, so it has to outlive the lock.
        let old = std::mem::replace(&mut *lock(&self.on_post), callback.map(Bound::unbind));
        drop(old);
        Ok(())
    }

    /// Post an entry.
    ///
    /// Args:
    ///     entry: What moves.
    ///
    /// Raises:
    ///     OverdrawnError: If the balance would fall too low.
    ///     UnknownAccountError: If there is no account of this name.
    ///     CurrencyMismatchError: If its currency is not the account's.
    ///     ValueError: If the amount is not positive.
    ///     OverflowError: If the balance would be too large.
    #[pyo3(signature = (entry, /))]
    fn post(&self, py: Python<'_>, entry: Entry) -> PyResult<()> {
        self.commit(py, vec![entry])
    }

    /// Collect entries that are to be posted together or not at all.
    ///
    /// Returns:
    ///     A context manager. What its `post` was given is posted when the `with` block ends, and
    ///     dropped when an exception leaves the block.
    fn transaction(slf: Bound<'_, Self>) -> Transaction {
        Transaction {
            journal: slf.unbind(),
            entries: Mutex::new(None),
        }
    }

    /// Look up what an account holds.
    ///
    /// Args:
    ///     account: The name of the account.
    ///
    /// Raises:
    ///     UnknownAccountError: If there is no account of this name.
    #[pyo3(signature = (account, /))]
    fn balance(&self, account: &str) -> Result<Money> {
        lock(&self.book).balance(account)
    }

    /// Find the first entry that equals this one.
    ///
    /// Args:
    ///     entry: The entry to look for.
    ///     start: The first index to look at.
    ///     stop: The index to stop before.
    ///
    /// Returns:
    ///     Its index.
    ///
    /// Raises:
    ///     ValueError: If there is none.
    #[pyo3(signature = (entry, start = 0, stop = isize::MAX, /))]
    fn index(&self, entry: &Bound<'_, PyAny>, start: isize, stop: isize) -> Result<usize> {
        let entry: Entry = entry.extract().map_err(|_| Error::NotPosted)?;
        let book = lock(&self.book);
        let range = book.range(start, stop);
        let (first, posted) = (range.start, &book.entries()[range]);
        let position = posted.iter().position(|posted| *posted == entry);
        Ok(first + position.ok_or(Error::NotPosted)?)
    }

    /// Count the entries that equal this one.
    ///
    /// Args:
    ///     entry: The entry to look for.
    #[pyo3(signature = (entry, /))]
    fn count(&self, entry: &Bound<'_, PyAny>) -> usize {
        let Ok(entry) = entry.extract::<Entry>() else {
            return 0;
        };
        lock(&self.book)
            .entries()
            .iter()
            .filter(|posted| **posted == entry)
            .count()
    }

    fn __len__(&self) -> usize {
        lock(&self.book).entries().len()
    }

    fn __getitem__(&self, index: Index<'_>) -> PyResult<Selection> {
        let entry = match index {
            Index::One(index) => lock(&self.book).get(index).cloned(),
            Index::Beyond(_) => None,
            Index::Many(slice) => return self.select(&slice).map(Selection::Many),
        };
        let entry = entry.ok_or_else(|| PyIndexError::new_err("journal index out of range"))?;
        Ok(Selection::One(entry))
    }

    fn __contains__(&self, entry: &Bound<'_, PyAny>) -> bool {
        self.index(entry, 0, isize::MAX).is_ok()
    }

    fn __iter__(slf: Bound<'_, Self>) -> JournalIterator {
        JournalIterator {
            journal: slf.unbind(),
            next: Mutex::new(Some(0)),
        }
    }

    fn __repr__(&self) -> String {
        format!("<Journal of {} entries>", self.__len__())
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Vec<Py<Account>>, Vec<Entry>) {
        (self.accounts(py), lock(&self.book).entries().to_vec())
    }

    // region: collect
    // Without these two a callback that refers to the journal would keep both alive for ever.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for account in self.accounts.values() {
            visit.call(account)?;
        }
        // Waiting is not allowed here, and nobody holds the lock meanwhile: it is taken by attached threads alone, and
        // never while Python code runs. To show an object at one time and not at the next would free it too early.
        self.on_post
            .try_lock()
            .map_or(Ok(()), |callback| visit.call(&*callback))
    }

    fn __clear__(&self) {
        let old = lock(&self.on_post).take();
        drop(old);
    }
    // endregion: collect
}

/// An iterator over a journal that also sees what is posted meanwhile.
#[pyclass(frozen)]
#[pyo3(module = "ledger._core")]
pub struct JournalIterator {
    journal: Py<Journal>,
    next: Mutex<Option<isize>>,
}

#[pymethods]
impl JournalIterator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self) -> Option<Entry> {
        let mut next = lock(&self.next);
        let index = next.take()?;
        let entry = lock(&self.journal.get().book).get(index).cloned()?;
        // Only now: an iterator that has come to an end stays there.
        *next = index.checked_add(1);
        Some(entry)
    }

    // The journal can break every cycle, so there is nothing to clear.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.journal)
    }
}

/// Entries that are posted together or not at all; made by `Journal.transaction`.
#[pyclass(frozen)]
#[pyo3(module = "ledger")]
pub struct Transaction {
    journal: Py<Journal>,
    entries: Mutex<Option<Vec<Entry>>>,
}

#[pymethods]
impl Transaction {
    /// Add an entry to what is posted when the `with` block ends.
    ///
    /// Args:
    ///     entry: What moves.
    ///
    /// Raises:
    ///     RuntimeError: Outside the `with` block.
    #[pyo3(signature = (entry, /))]
    fn post(&self, entry: Entry) -> Result<()> {
        let mut entries = lock(&self.entries);
        entries
            .as_mut()
            .ok_or(Error::TransactionClosed)?
            .push(entry);
        Ok(())
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        let mut entries = lock(&slf.get().entries);
        if entries.is_some() {
            return Err(Error::TransactionOpen);
        }
        *entries = Some(Vec::new());
        drop(entries);
        Ok(slf)
    }

    // Returns None, so exceptions pass and type checkers know that they do.
    #[pyo3(signature = (exc_type, exc, traceback, /))]
    #[expect(unused_variables, reason = "the protocol passes all three")]
    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: Option<Bound<'_, PyAny>>,
        exc: Option<Bound<'_, PyAny>>,
        traceback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let entries = lock(&self.entries).take();
        let entries = entries.ok_or(Error::TransactionClosed)?;
        if exc_type.is_some() {
            return Ok(());
        }
        self.journal.get().commit(py, entries)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.journal)
    }
}
