"""Check this machine and a PyO3 project: read once, then ask small checks."""
