"""Tests of the tool `module_organizer`."""
