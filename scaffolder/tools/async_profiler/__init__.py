"""The tool `async_profiler`: what calls do to an event loop, and what becomes of them when they are cancelled."""
