"""The tool `embed_doctor`: what a Rust program that runs Python is built with, and what it finds when it starts."""
