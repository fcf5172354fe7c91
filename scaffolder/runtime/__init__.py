"""The classes and functions of a built module, their times and memory, from a process that imports it."""
