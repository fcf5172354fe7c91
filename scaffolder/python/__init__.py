"""Python source, read by `ast` and never imported, for every tool."""
