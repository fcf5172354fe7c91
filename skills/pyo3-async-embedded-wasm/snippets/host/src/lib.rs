//! What several of the programs share.

#[cfg(Py_3_14)]
pub mod init_config;
pub mod interpreter;
