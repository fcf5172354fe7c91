"""The tool `gil_profiler`: how long calls keep other Python threads waiting."""
