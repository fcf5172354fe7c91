"""Ten skills: how to write extensions with PyO3, each a folder with a guide, references, tools and examples."""
