"""The tool `module_organizer`: the Python modules of a crate as a tree, what is wrong in it, and what is left out."""
