"""The classes and functions of a built module, from a process that imports it."""
