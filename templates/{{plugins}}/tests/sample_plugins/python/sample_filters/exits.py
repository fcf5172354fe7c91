"""Ends the program when it is imported: `SystemExit` is no `Exception`."""

import sys

sys.exit("this plugin is a script")
