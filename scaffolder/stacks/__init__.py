"""What a process does: the frames of its threads, in Rust and in Python."""
