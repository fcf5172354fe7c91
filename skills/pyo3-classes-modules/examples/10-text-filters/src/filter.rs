//! The contract of a filter, and the filters that come with the package. No Python in here.

use std::ops::RangeInclusive;

use pyo3::{PyTraverseError, PyVisit};

use crate::problem::Failure;

/// The versions of the contract that can be run. Raise the end when the contract grows, and the
/// start when plugins made for the oldest one are no longer supported.
pub const SUPPORTED_VERSIONS: RangeInclusive<u32> = 1..=1;

/// The newest version of the contract.
pub const API_VERSION: u32 = *SUPPORTED_VERSIONS.end();

/// A step of a pipeline: text in, text out.
///
/// Filters run detached from Python, on any thread and on several at once. One that needs Python
/// attaches for as long as it does.
pub trait Filter: Send + Sync {
    /// The name that the filter is known by.
    fn name(&self) -> &str;

    /// The version of the contract that the filter was written for.
    fn api_version(&self) -> u32 {
        API_VERSION
    }

    /// Returns the filtered text.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that is reported; the text then stays as it was.
    fn apply(&self, text: &str) -> Result<String, Failure>;

    /// Shows Python's garbage collector the objects that the filter owns.
    ///
    /// # Errors
    ///
    /// What `visit` returns.
    fn traverse(&self, _visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        Ok(())
    }
}

/// The filters of this crate, in a fixed order.
#[must_use]
pub fn built_in() -> Vec<Box<dyn Filter>> {
    vec![Box::new(Trim), Box::new(Uppercase)]
}

/// Removes white space from both ends.
pub struct Trim;

impl Filter for Trim {
    fn name(&self) -> &'static str {
        "trim"
    }

    fn apply(&self, text: &str) -> Result<String, Failure> {
        Ok(text.trim().to_owned())
    }
}

/// Turns every letter that has an upper case into it.
pub struct Uppercase;

impl Filter for Uppercase {
    fn name(&self) -> &'static str {
        "uppercase"
    }

    fn apply(&self, text: &str) -> Result<String, Failure> {
        Ok(text.to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_filters_have_names_of_their_own_and_the_newest_version() {
        let filters = built_in();
        let mut names: Vec<_> = filters.iter().map(|filter| filter.name()).collect();
        assert!(
            filters
                .iter()
                .all(|filter| filter.api_version() == API_VERSION)
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), filters.len());
    }
}
