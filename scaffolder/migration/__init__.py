"""Move the code and manifests of any PyO3 project to a newer release of PyO3."""
