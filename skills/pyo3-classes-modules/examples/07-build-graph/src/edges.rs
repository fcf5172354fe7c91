//! Which task needs which, by number; nothing here knows of Python.

use std::collections::{HashMap, HashSet};

use crate::errors::Error;

/// Names of tasks, and what each needs. Numbers, not references: in Rust nothing refers in a circle.
#[derive(Debug, Default)]
pub struct Edges {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
    needs: Vec<Vec<usize>>,
    needed_by: Vec<Vec<usize>>,
    /// All needs once more: a task may have so many that a search in its list takes long.
    pairs: HashSet<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// Its needs are being looked at: who meets it again has gone in a circle.
    Open,
    Done,
}

impl Edges {
    /// Adds a task, and returns its number.
    pub fn add(&mut self, name: &str) -> Result<usize, Error> {
        if self.numbers.contains_key(name) {
            return Err(Error::Duplicate(name.to_owned()));
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        self.needs.push(Vec::new());
        self.needed_by.push(Vec::new());
        Ok(number)
    }

    pub fn number(&self, name: &str) -> Result<usize, Error> {
        let number = self.numbers.get(name).copied();
        number.ok_or_else(|| Error::Unknown(name.to_owned()))
    }

    /// Lets a task need another one; again changes nothing.
    pub fn require(&mut self, task: usize, need: usize) {
        if self.pairs.insert((task, need)) {
            self.needs[task].push(need);
            self.needed_by[need].push(task);
        }
    }

    #[must_use]
    pub fn needs(&self, task: usize) -> &[usize] {
        &self.needs[task]
    }

    #[must_use]
    pub fn needed_by(&self, task: usize) -> &[usize] {
        &self.needed_by[task]
    }

    // region: plan
    /// Orders the targets and all that they need, so that each task comes after what it needs.
    ///
    /// The order is that of the targets and of `require`, so it is the same each time. There is no recursion: a chain
    /// of needs may be as long as memory allows.
    pub fn plan(&self, targets: impl IntoIterator<Item = usize>) -> Result<Vec<usize>, Error> {
        let mut states = vec![State::New; self.names.len()];
        let mut order = Vec::new();
        for target in targets {
            // The way from the target to here, and how many needs of each were looked at.
            let mut path = Vec::new();
            if states[target] == State::New {
                states[target] = State::Open;
                path.push((target, 0));
            }
            while let Some((task, next)) = path.last_mut() {
                let Some(need) = self.needs[*task].get(*next).copied() else {
                    states[*task] = State::Done;
                    order.push(*task);
                    path.pop();
                    continue;
                };
                *next += 1;
                match states[need] {
                    State::Done => {}
                    State::Open => return Err(self.cycle(&path, need)),
                    State::New => {
                        states[need] = State::Open;
                        path.push((need, 0));
                    }
                }
            }
        }
        Ok(order)
    }

    /// Names the part of the path that goes in a circle.
    fn cycle(&self, path: &[(usize, usize)], again: usize) -> Error {
        let tasks = path.iter().map(|(task, _)| *task);
        let circle = tasks.skip_while(|task| *task != again).chain([again]);
        Error::Cycle(circle.map(|task| self.names[task].clone()).collect())
    }
    // endregion: plan
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of `task: needs` lines.
    fn edges(lines: &[&str]) -> Edges {
        let mut edges = Edges::default();
        for line in lines {
            edges.add(line.split(':').next().unwrap()).unwrap();
        }
        for line in lines {
            let (task, needs) = line.split_once(':').unwrap();
            for need in needs.split_whitespace() {
                edges.require(edges.number(task).unwrap(), edges.number(need).unwrap());
            }
        }
        edges
    }

    fn plan(edges: &Edges, targets: &[&str]) -> Result<String, Error> {
        let targets = targets.iter().map(|name| edges.number(name).unwrap());
        let order = edges.plan(targets)?;
        let names = order.iter().map(|task| edges.names[*task].as_str());
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_task_comes_after_what_it_needs() {
        let edges = edges(&[
            "app: ui core",
            "ui: core",
            "core:",
            "docs:",
            "test: app core",
        ]);
        assert_eq!(plan(&edges, &["app"]).unwrap(), "core ui app");
        assert_eq!(plan(&edges, &["ui", "app", "ui"]).unwrap(), "core ui app");
        assert_eq!(
            plan(&edges, &["docs", "test"]).unwrap(),
            "docs core ui app test"
        );
        assert_eq!(plan(&edges, &[]).unwrap(), "");
    }

    #[test]
    fn a_circle_is_named() {
        let edges = edges(&["a: b", "b: c d", "c:", "d: e", "e: b", "self: self"]);
        let path = |names: &[&str]| Error::Cycle(names.iter().map(|&name| name.into()).collect());
        assert_eq!(plan(&edges, &["a"]), Err(path(&["b", "d", "e", "b"])));
        assert_eq!(plan(&edges, &["self"]), Err(path(&["self", "self"])));
        assert_eq!(plan(&edges, &["c"]).unwrap(), "c");
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let mut edges = Edges::default();
        for number in 0..200_000 {
            edges.add(&number.to_string()).unwrap();
            if number > 0 {
                edges.require(number - 1, number);
            }
        }
        let order = edges.plan([0]).unwrap();
        assert!(order.into_iter().eq((0..200_000).rev()));
    }

    #[test]
    fn names_are_unique_and_needs_are_kept_once() {
        let mut edges = edges(&["a: b b", "b:"]);
        assert_eq!(edges.add("a"), Err(Error::Duplicate("a".into())));
        assert_eq!(edges.number("c"), Err(Error::Unknown("c".into())));
        assert_eq!((edges.needs(0), edges.needed_by(1)), (&[1][..], &[0][..]));
    }
}
