"""The classes of a built module, and what becomes of their objects, from a process that imports it."""
