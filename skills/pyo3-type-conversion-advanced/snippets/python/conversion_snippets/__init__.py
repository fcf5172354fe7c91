"""The code of the chapters; `conversion_snippets._core.<chapter>` holds what each exports."""
