"""The build machine: programs, interpreters, cargo."""
