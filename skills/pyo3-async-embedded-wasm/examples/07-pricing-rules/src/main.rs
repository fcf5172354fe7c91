//! `pricing-rules ORDER.csv [RULES]`: prints what an order costs.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pricing_rules::errors::Error;
use pricing_rules::order::Order;
use pricing_rules::{rules, start};
use pyo3::prelude::*;

fn main() -> ExitCode {
    let words: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let (order, folder) = match &words[..] {
        [order] => (order, None),
        [order, folder] => (order, Some(folder.as_path())),
        _ => {
            eprintln!("usage: pricing-rules ORDER.csv [RULES]");
            return ExitCode::from(2);
        }
    };
    let printed = price(order, folder).and_then(|order| {
        // Not `println!`, which panics where nobody reads.
        writeln!(io::stdout(), "{order}").map_err(Error::Print)
    });
    if let Err(error) = printed {
        let _ = writeln!(io::stderr(), "error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prices an order by the rules in a folder, or by those beside the program.
fn price(path: &Path, folder: Option<&Path>) -> Result<Order, Error> {
    let refuse = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(refuse)?;
    let customer = path.file_stem().unwrap_or_default().to_string_lossy();
    let order = Order::read(&customer, &text).map_err(|(line, reason)| Error::Order {
        path: path.to_owned(),
        line,
        reason,
    })?;
    // Through links: the program may be started by one in /usr/local/bin.
    let program = env::current_exe()
        .and_then(fs::canonicalize)
        .map_err(refuse)?;
    let beside = program.with_file_name("rules");
    let scripts = rules::find(folder.unwrap_or(&beside))?;
    start::start(&start::find_home(&program))?;
    Python::attach(|py| {
        let order = rules::apply(py, &scripts, order);
        start::flush(py)?;
        order
    })
}
