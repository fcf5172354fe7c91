"""Can't be imported."""

raise ImportError("no module named as this plugin needs it")
