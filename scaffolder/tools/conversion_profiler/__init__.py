"""The tool `conversion_profiler`: what calls cost for inputs of many sizes, and what is copied."""
