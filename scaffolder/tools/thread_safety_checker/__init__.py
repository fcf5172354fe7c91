"""The tool `thread_safety_checker`: a module in many threads, and what its Rust source does with them."""
