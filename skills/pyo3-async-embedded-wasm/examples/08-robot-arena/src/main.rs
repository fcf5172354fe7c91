//! `robot-arena ROBOTS`: lets the scripts in a folder fight.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use pyo3::prelude::*;
use robot_arena::arena::Arena;
use robot_arena::limit::Watch;
use robot_arena::{script, start};

const USAGE: &str =
    "usage: robot-arena ROBOTS [--rounds NUMBER] [--limit MILLISECONDS] [--pause MILLISECONDS]";

struct Options {
    robots: PathBuf,
    rounds: u32,
    /// How long a turn may take.
    limit: Duration,
    /// How long to wait after a round, for people who watch, and edit.
    pause: Duration,
}

impl Options {
    fn parse(words: &[String]) -> Option<Self> {
        let (robots, rest) = words.split_first()?;
        let mut options = Self {
            robots: robots.into(),
            rounds: 100,
            limit: Duration::from_millis(100),
            pause: Duration::ZERO,
        };
        for pair in rest.chunks(2) {
            let [name, value] = pair else { return None };
            let value: u32 = value.parse().ok()?;
            let period = Duration::from_millis(value.into());
            match name.as_str() {
                "--rounds" => options.rounds = value,
                "--limit" if value > 0 => options.limit = period,
                "--pause" => options.pause = period,
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let words: Vec<_> = env::args_os().skip(1).collect();
    let words: Vec<_> = words
        .into_iter()
        .flat_map(|word| word.into_string())
        .collect();
    let Some(options) = Options::parse(&words) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Err(error) = start::start() {
        eprintln!("error: Python can't be started: {error}");
        return ExitCode::FAILURE;
    }
    match Python::attach(|py| play(py, &options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: `{}`: {error}", options.robots.display());
            ExitCode::FAILURE
        }
    }
}

fn play(py: Python<'_>, options: &Options) -> PyResult<()> {
    let mut scripts = script::find(py, &options.robots)?;
    let mut arena = Arena::new(scripts.iter().map(|it| it.name.clone()).collect());
    let watch = Watch::new(py, options.limit)?;
    for round in 1..=options.rounds {
        for script in &mut scripts {
            match script.turn(py, watch.get(), &arena, round) {
                Ok(None) => {}
                Ok(Some(action)) => {
                    if let Some(event) = arena.act(&script.name, action) {
                        println!("{round}: {event}");
                    }
                }
                Err(error) => {
                    println!("{round}: {} loses its turn", script.name);
                    if let Some(text) = script.explain(py, watch.get(), error) {
                        eprintln!("{text}");
                    }
                }
            }
        }
        if arena.alive().count() < 2 {
            break;
        }
        py.detach(|| thread::sleep(options.pause));
    }
    // What scripts left behind can have a `__del__`.
    let _ = watch.get().run(py, || {
        drop(scripts);
        Ok(())
    });
    for robot in arena.alive() {
        println!("{} survives with health {}", robot.name, robot.health);
    }
    Ok(())
}
