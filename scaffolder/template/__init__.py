"""Where a template comes from, how it is asked and rendered."""
