"""What is seen in Rust source, and what is right and gives no finding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.results import chapters_of
from tests.tools.thread_safety_checker.conftest import PLANTED, of, serious

if TYPE_CHECKING:
    from tests.tools.thread_safety_checker.conftest import Check

FAULTS = {
    "static-mut": "static mut COUNT: u64 = 0;",
    "static-cell": "static CACHE: GILProtectedLike<RefCell<u64>> = GILProtectedLike::new(RefCell::new(0));",
    "unsafe-send": "struct Handle(*mut u8);\nunsafe impl Send for Handle {}",
    "cell-in-class": "#[pyclass]\nstruct Cursor { row: Cell<usize> }",
    "gil-protected": "static ROWS: GILProtected<Vec<u64>> = GILProtected::new(Vec::new());",
    "lock-across-detach": """
        #[pyfunction]
        fn write(py: Python<'_>, log: &Log) -> PyResult<()> {
            let lines = log.lines.lock().map_err(poisoned)?;
            py.detach(|| log.flush());
            Ok(())
        }""",
    "lock-across-call": """
        #[pymethods]
        impl Bus {
            fn publish(&self, event: Bound<'_, PyAny>) -> PyResult<()> {
                for listener in self.listeners.read().unwrap().iter() {
                    listener.bind(event.py()).call1((&event,))?;
                }
                Ok(())
            }
        }""",
    "lock-across-attach": """
        impl Worker {
            fn run(&self) {
                let queue = self.queue.lock().unwrap();
                Python::attach(|py| self.report(py, queue.len()));
            }
        }
        #[pymethods]
        impl Worker {
            fn __len__(&self) -> usize { self.queue.lock().unwrap().len() }
        }""",
    "waits-attached": """
        #[pyfunction]
        fn sum(py: Python<'_>, values: Vec<f64>, weight: Py<PyAny>) -> f64 {
            values.par_iter().map(|value| Python::attach(|py| value * weight.extract::<f64>(py).unwrap())).sum()
        }""",
    "lost-update": """
        fn count(&self) -> u64 {
            self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }""",
    "check-then-act": """
        fn get(&self, key: &str) -> Entry {
            if !self.cache.lock().unwrap().contains_key(key) {
                let entry = Entry::new(key);
                self.cache.lock().unwrap().insert(key.to_owned(), entry);
            }
            self.find(key)
        }""",
    "pointer-in-detach": """
        #[pyfunction]
        fn hash(py: Python<'_>, data: &Bound<'_, PyByteArray>) -> u64 {
            let (address, length) = (data.data() as usize, data.len());
            py.detach(|| unsafe { digest(std::slice::from_raw_parts(address as *const u8, length)) })
        }""",
}
NOTES = {
    "unsendable": "#[pyclass(unsendable)]\nstruct Cursor { row: Cell<usize> }",
    "gil-used": "#[pymodule(gil_used = true)]\nmod _core {}",
    "unsafe-send": "struct Handle(*mut u8);\n// SAFETY: the library locks it.\nunsafe impl Send for Handle {}",
    "waits-attached": "#[pyfunction]\nfn wait(jobs: &Jobs) -> u64 { jobs.receiver.recv().unwrap_or(0) }",
    "lock-across-call": """
        #[pyfunction]
        fn show(py: Python<'_>, log: &Log, sink: Bound<'_, PyAny>) -> PyResult<()> {
            let lines = log.lines.lock_py_attached(py).unwrap();
            sink.call_method1("write", (lines.len(),))?;
            Ok(())
        }""",
}
RIGHT = {
    "an atomic": "static COUNT: AtomicU64 = AtomicU64::new(0);\nfn count() { COUNT.fetch_add(1, Ordering::Relaxed); }",
    "a locked static": "static ROWS: Mutex<u64> = Mutex::new(0);\nstatic SIZE: OnceLock<u8> = OnceLock::new();",
    "a cell of a thread": "thread_local! { static DEPTH: Cell<u32> = const { Cell::new(0) }; }",
    "a cell in a struct": "struct Parser { depth: Cell<u32> }",
    "a frozen class": "#[pyclass(frozen)]\nstruct Cursor { row: AtomicUsize, rows: Mutex<Vec<u64>> }",
    "a trait of one's own": "unsafe impl Pod for Point {}",
    "a dropped guard": """
        #[pyfunction]
        fn write(py: Python<'_>, log: &Log) {
            let lines = log.lines.lock().unwrap();
            drop(lines);
            py.detach(|| log.flush());
        }""",
    "a guard in a block": """
        #[pyfunction]
        fn publish(bus: &Bus, event: Bound<'_, PyAny>) -> PyResult<()> {
            let listeners = { bus.listeners.lock().unwrap().clone() };
            let count = bus.listeners.lock().unwrap().len();
            for listener in listeners { listener.bind(event.py()).call1((&event, count))?; }
            Ok(())
        }""",
    "a lock inside detach": """
        #[pyfunction]
        fn write(py: Python<'_>, log: &Log) { py.detach(|| { let log = log.lines.lock().unwrap(); log.flush() }); }""",
    "a guard that a method takes": """
        #[pyfunction]
        fn send(py: Python<'_>, pipe: &Pipe) {
            if let Some(sender) = pipe.sender.lock().map_or(None, |mut sender| sender.take()) {
                py.detach(|| sender.send(1));
            }
        }""",
    "a lock that waits detached": """
        #[pyfunction]
        fn write(py: Python<'_>, log: &Log) {
            let lines = log.lines.lock_py_attached(py).unwrap();
            py.detach(|| log.flush());
        }""",
    "a closure for later": """
        fn routes(&self) {
            let folders = self.folders.read().unwrap();
            for folder in folders.iter() { self.app.route(folder, move || Python::attach(|py| answer(py))); }
        }
        #[pyfunction]
        fn add(folders: &Folders) { folders.folders.write().unwrap().push(1); }""",
    "a stream": "#[pyfunction]\nfn show(py: Python<'_>) { let out = stdout().lock(); py.detach(|| flush()); }",
    "an asynchronous lock": """
        async fn write(log: Log) { let lines = log.lines.lock().await; Python::attach(|py| show(py)); }""",
    "rayon detached": """
        #[pyfunction]
        fn sum(py: Python<'_>, values: Vec<f64>) -> f64 { py.detach(|| values.par_iter().sum()) }""",
    "rayon without Python": "pub fn sum(values: &[f64]) -> f64 { values.par_iter().sum() }",
    "texts that are joined": """
        #[pyfunction]
        fn join(names: Vec<String>, folder: PathBuf) -> PathBuf { folder.join(names.join("/")) }""",
    "an exchange": """
        fn grow(&self) {
            let size = self.size.load(Ordering::Acquire);
            if self.size.compare_exchange(size, size * 2, Ordering::AcqRel, Ordering::Acquire).is_err() {
                self.size.store(size, Ordering::Release);
            }
        }""",
    "an update": """
        fn grow(&self) {
            let size = self.size.load(Ordering::Acquire);
            if self.size.try_update(Ordering::AcqRel, Ordering::Acquire, |size| size.checked_mul(2)).is_err() {
                self.size.store(size, Ordering::Release);
            }
        }""",
    "a flag": "fn stop(&self) { if self.busy.load(Ordering::Acquire) { self.over.store(true, Ordering::Release); } }",
    "a second look": """
        fn get(&self, key: &str) -> Entry {
            if let Some(entry) = self.cache.read().unwrap().get(key) { return entry.clone(); }
            let mut cache = self.cache.write().unwrap();
            cache.entry(key.to_owned()).or_insert_with(|| Entry::new(key)).clone()
        }""",
    "one guard": """
        fn take(&self) -> u64 {
            let mut left = self.left.lock().unwrap();
            if *left == 0 { return 0; }
            *left -= 1;
            *left
        }""",
    "memory that is borrowed": """
        #[pyfunction]
        fn hash(py: Python<'_>, data: &[u8]) -> u64 { py.detach(|| digest(data)) }""",
    "tests": "#[cfg(test)]\nmod tests { static mut COUNT: u64 = 0; fn t() { unsafe { COUNT += 1 } } }",
}


def scan(check: Check, source: str) -> dict[str, Any]:
    """Return what is seen in source."""
    Path("src").mkdir()
    Path("src/lib.rs").write_text(source, encoding="utf-8")
    return check("--source", "src")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_source_is_reported_with_its_place(check: Check, name: str) -> None:
    result = scan(check, FAULTS[name])
    assert set(serious(result)) == {name}
    for finding in of(result, name):
        assert finding["where"].startswith("src/lib.rs:")
        assert finding["fix"]
        assert finding["cause"]
    assert all(chapters_of(result, name))


@pytest.mark.parametrize("name", NOTES)
def test_what_may_be_right_is_a_note(check: Check, name: str) -> None:
    result = scan(check, NOTES[name])
    assert not serious(result)
    assert of(result, name)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_gives_no_finding(check: Check, name: str) -> None:
    result = scan(check, RIGHT[name])
    assert not result["findings"]
    assert result["summary"].endswith("nothing found, which is no proof")


def test_the_planted_faults_are_seen_and_their_like_are_not(check: Check) -> None:
    result = check("--source", str(PLANTED / "lib.rs"))
    lines = (PLANTED / "lib.rs").read_text(encoding="utf-8").splitlines()
    places = {(finding["id"], int(finding["where"].rpartition(":")[2])) for finding in result["findings"]}
    functions = {(name, function_at(lines, line)) for name, line in places}
    assert functions == {
        ("lock-across-call", "notify_bad"),
        ("lock-across-detach", "write_bad"),
        ("lost-update", "visit_bad"),
        ("check-then-act", "sell_bad"),
        ("check-then-act", "settings_bad"),
        ("unsafe-send", "settings_good"),
        ("unsendable", "refresh_good"),
        ("waits-attached", "gather_bad"),
    }


def function_at(lines: list[str], line: int) -> str:
    """Return the last function that begins before a line, or in it."""
    heads = [text for text in lines[:line] if text.lstrip().startswith(("fn ", "pub fn "))]
    return heads[-1].split("fn ")[1].partition("(")[0].partition("<")[0]


def test_many_places_of_a_kind_are_one_finding(check: Check) -> None:
    result = scan(check, "".join(f"static mut COUNT_{number}: u64 = 0;\n" for number in range(20)))
    (finding,) = of(result, "static-mut")
    assert finding["message"] == "`static mut`, in 20 places"
    assert finding["evidence"].splitlines()[19] == "src/lib.rs:20  COUNT_19"


def test_code_of_a_scanned_project_is_never_run(check: Check) -> None:
    Path("build.rs").write_text("fn main() {}", encoding="utf-8")
    Path("setup.py").write_text("open('touched', 'w')", encoding="utf-8")
    before = {path.name for path in Path().iterdir()}
    assert check()["summary"].startswith("1 file of Rust with 1 line:")
    assert {path.name for path in Path().iterdir()} == before
