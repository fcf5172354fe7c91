"""The command measured beside other ways to the same end; `make bench` runs it."""
