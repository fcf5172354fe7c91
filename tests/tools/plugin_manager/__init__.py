"""The tool `plugin_manager`."""
