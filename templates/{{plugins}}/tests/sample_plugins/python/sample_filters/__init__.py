"""Filters that another package offers: some work, most are broken on purpose."""
