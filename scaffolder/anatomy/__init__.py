"""Any PyO3 project, read once: its manifests, layout, extensions, workflows and versions."""
