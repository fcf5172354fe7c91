"""The code of the chapters; `classes_snippets._core.<chapter>` holds what each exports."""
