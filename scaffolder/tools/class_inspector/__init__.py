"""The tool `class_inspector`: what the classes of a built extension are, as seen from Python."""
