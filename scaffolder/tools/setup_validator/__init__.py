"""Check this machine and a PyO3 project: read once, then run small checks."""
