"""The code of the chapters; `performance_snippets._core.<chapter>` holds what each exports."""
