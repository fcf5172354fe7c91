"""The stacks of a process: the frames of its threads, in Rust and Python."""
