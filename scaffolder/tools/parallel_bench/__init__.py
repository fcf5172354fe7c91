"""The tool `parallel_bench`: how a function scales over threads, chunks and sizes, and what limits it."""
