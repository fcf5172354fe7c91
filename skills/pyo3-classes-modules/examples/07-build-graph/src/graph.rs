//! The graph and its tasks as Python objects, which refer to each other.

use std::sync::{Mutex, OnceLock};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::edges::Edges;
use crate::errors::{Error, Result};
use crate::lock;

// region: graph
/// Tasks that need each other.
///
/// Threads may share it. It lives as long as one of its tasks is referred to.
#[pyclass(frozen, weakref)]
#[pyo3(module = "build_graph")]
#[derive(Default)]
pub struct Graph {
    // Only attached threads take this lock, because the garbage collector has to get it: see `__traverse__`.
    tasks: Mutex<Vec<Py<Task>>>,
    // This one is taken while detached, too. Who needs both takes `tasks` first.
    edges: Mutex<Edges>,
}

/// A step of a build; `Graph.task` makes them.
#[pyclass(frozen, weakref)]
#[pyo3(module = "build_graph")]
pub struct Task {
    /// What the graph calls it.
    #[pyo3(get)]
    name: String,
    /// The graph that it is in.
    #[pyo3(get)]
    graph: Py<Graph>,
    number: OnceLock<usize>,
    action: Mutex<Option<Py<PyAny>>>,
    payload: Mutex<Option<Py<PyAny>>>,
}
// endregion: graph

impl Graph {
    fn objects(&self, py: Python<'_>, numbers: &[usize]) -> Result<Vec<Py<Task>>> {
        let tasks = lock(&self.tasks);
        let objects = numbers.iter().map(|number| tasks.get(*number));
        objects
            .map(|task| task.map(|task| task.clone_ref(py)).ok_or(Error::Collected))
            .collect()
    }

    // region: add
    /// Gives a task its number and its place, in one step.
    fn add(&self, py: Python<'_>, task: &Py<Task>) -> Result<()> {
        let name = &task.get().name;
        let task = task.clone_ref(py);
        let mut tasks = lock(&self.tasks);
        let number = lock(&self.edges).add(name);
        match number {
            Ok(number) => {
                let _ = task.get().number.set(number);
                tasks.push(task);
                Ok(())
            }
            Err(error) => {
                // Under no lock: it is the last reference but one, and what it holds may have a `__del__`.
                drop(tasks);
                Err(error)
            }
        }
    }
    // endregion: add

    /// Returns the number of a task of this graph.
    fn number(slf: &Bound<'_, Self>, task: &Bound<'_, Task>) -> Result<usize> {
        let foreign = || Error::Foreign(task.get().name.clone());
        if !task.get().graph.is(slf) {
            return Err(foreign());
        }
        task.get().number.get().copied().ok_or_else(foreign)
    }
}

#[pymethods]
impl Graph {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Add a task.
    ///
    /// Args:
    ///     name: What it is called, once in a graph.
    ///     action: What `run` calls with the task; None for a task that only needs others.
    ///     needs: The tasks that have to run before it.
    ///     payload: Whatever the action wants to know.
    ///
    /// Raises:
    ///     DuplicateTaskError: If there is a task of this name.
    ///     ValueError: If a need is in another graph.
    #[pyo3(signature = (name, action = None, *, needs = Vec::new(), payload = None))]
    fn task<'py>(
        slf: &Bound<'py, Self>,
        name: String,
        action: Option<Bound<'py, PyAny>>,
        needs: Vec<Bound<'py, Task>>,
        payload: Option<Py<PyAny>>,
    ) -> PyResult<Py<Task>> {
        let py = slf.py();
        let numbers = needs.iter().map(|need| Self::number(slf, need));
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        let task = Task {
            name,
            graph: slf.clone().unbind(),
            number: OnceLock::new(),
            action: Mutex::new(action.map(callable).transpose()?),
            payload: Mutex::new(payload),
        };
        let task = Py::new(py, task)?;
        slf.get().add(py, &task)?;
        for need in numbers {
            task.get().require_number(need);
        }
        Ok(task)
    }

    /// The tasks, in the order in which they were added.
    #[getter]
    fn tasks(&self, py: Python<'_>) -> Vec<Py<Task>> {
        let tasks = lock(&self.tasks);
        tasks.iter().map(|task| task.clone_ref(py)).collect()
    }

    // region: detached
    /// Order tasks so that each comes after what it needs.
    ///
    /// Other threads run meanwhile.
    ///
    /// Args:
    ///     *targets: The tasks to plan for, with all that they need; none for the whole graph.
    ///
    /// Raises:
    ///     CycleError: If tasks need each other; its `path` names them.
    ///     ValueError: If a target is in another graph.
    #[pyo3(signature = (*targets))]
    fn plan(slf: &Bound<'_, Self>, targets: &Bound<'_, PyTuple>) -> PyResult<Vec<Py<Task>>> {
        let (py, graph) = (slf.py(), slf.get());
        let mut numbers = Vec::with_capacity(targets.len());
        for target in targets {
            numbers.push(Self::number(slf, target.cast::<Task>()?)?);
        }
        if numbers.is_empty() {
            numbers.extend(0..graph.__len__());
        }
        let order = py.detach(|| lock(&graph.edges).plan(numbers))?;
        Ok(graph.objects(py, &order)?)
    }
    // endregion: detached

    /// Call the actions of tasks, each after those of what it needs.
    ///
    /// Args:
    ///     *targets: The tasks to run, with all that they need; none for the whole graph.
    ///
    /// Returns:
    ///     What each action returned, by the name of its task.
    ///
    /// Raises:
    ///     CycleError: If tasks need each other; then none runs.
    ///     BaseException: What an action raises, unchanged; then no further one runs.
    #[pyo3(signature = (*targets))]
    fn run<'py>(
        slf: &Bound<'py, Self>,
        targets: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let results = PyDict::new(py);
        for task in Self::plan(slf, targets)? {
            // Out of the lock before it is called: it may set an action itself.
            if let Some(action) = task.get().action(py) {
                let result = action.call1(py, (&task,))?;
                results.set_item(&task.get().name, result)?;
            }
        }
        Ok(results)
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> Result<Py<Task>> {
        let number = lock(&self.edges).number(name)?;
        let mut tasks = self.objects(py, &[number])?;
        tasks.pop().ok_or(Error::Collected)
    }

    fn __contains__(&self, name: &str) -> bool {
        lock(&self.edges).number(name).is_ok()
    }

    fn __len__(&self) -> usize {
        lock(&self.tasks).len()
    }

    fn __repr__(&self) -> String {
        format!("<Graph of {} tasks>", self.__len__())
    }

    // region: collect
    // The collector calls this several times in one run, and has to see the same each time: of an object that it counted
    // first and then doesn't see, weak references die and `__del__` runs while it is in use. So nobody may hold the lock
    // meanwhile, and nobody does who takes it only while attached, and runs no Python code under it.
    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        match self.tasks.try_lock() {
            Ok(tasks) => tasks.iter().try_for_each(|task| visit.call(task)),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let tasks = std::mem::take(&mut *lock(&self.tasks));
        drop(tasks);
    }
    // endregion: collect
}

fn callable(action: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    if action.is_callable() {
        Ok(action.unbind())
    } else {
        Err(PyTypeError::new_err("action must be callable or None"))
    }
}

impl Task {
    fn require_number(&self, need: usize) {
        if let Some(number) = self.number.get() {
            lock(&self.graph.get().edges).require(*number, need);
        }
    }

    fn neighbours(
        &self,
        py: Python<'_>,
        numbers: fn(&Edges, usize) -> &[usize],
    ) -> Result<Vec<Py<Task>>> {
        let graph = self.graph.get();
        let Some(number) = self.number.get() else {
            return Ok(Vec::new());
        };
        let numbers = numbers(&lock(&graph.edges), *number).to_vec();
        graph.objects(py, &numbers)
    }
}

#[pymethods]
impl Task {
    /// The tasks that have to run before it.
    #[getter]
    fn needs(&self, py: Python<'_>) -> Result<Vec<Py<Task>>> {
        self.neighbours(py, Edges::needs)
    }

    /// The tasks that it has to run before.
    #[getter]
    fn needed_by(&self, py: Python<'_>) -> Result<Vec<Py<Task>>> {
        self.neighbours(py, Edges::needed_by)
    }

    /// Let this task need another one.
    ///
    /// Circles are noticed when tasks are planned.
    ///
    /// Args:
    ///     task: A task of the same graph.
    ///
    /// Raises:
    ///     ValueError: If it is in another graph.
    #[pyo3(signature = (task, /))]
    fn require(&self, task: &Bound<'_, Task>) -> Result<()> {
        let need = Graph::number(self.graph.bind(task.py()), task)?;
        self.require_number(need);
        Ok(())
    }

    /// What `run` calls with the task, or None.
    #[getter]
    fn action(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let action = lock(&self.action);
        action.as_ref().map(|action| action.clone_ref(py))
    }

    #[setter]
    fn set_action(&self, action: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let action = action.map(callable).transpose()?;
        // Dropping the old one may run its `__del__`, so it has to outlive the lock.
        let old = std::mem::replace(&mut *lock(&self.action), action);
        drop(old);
        Ok(())
    }

    /// Whatever the action wants to know.
    #[getter]
    fn payload(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let payload = lock(&self.payload);
        payload.as_ref().map(|payload| payload.clone_ref(py))
    }

    #[setter]
    fn set_payload(&self, payload: Option<Py<PyAny>>) {
        let old = std::mem::replace(&mut *lock(&self.payload), payload);
        drop(old);
    }

    fn __repr__(&self) -> String {
        format!("<Task {:?}>", self.name)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        visit.call(&self.graph)?;
        for slot in [&self.action, &self.payload] {
            if let Ok(object) = slot.try_lock() {
                visit.call(&*object)?;
            }
        }
        Ok(())
    }

    // Not the graph: it clears itself, and one break is enough for a circle.
    fn __clear__(&self) {
        for slot in [&self.action, &self.payload] {
            let old = lock(slot).take();
            drop(old);
        }
    }
}
