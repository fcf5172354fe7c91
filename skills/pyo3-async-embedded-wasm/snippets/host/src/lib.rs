//! What several of the programs share.

pub mod home;
#[cfg(Py_3_14)]
pub mod init_config;
pub mod interpreter;
