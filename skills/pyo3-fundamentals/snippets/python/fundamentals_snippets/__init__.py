"""The code of the chapters; `fundamentals_snippets._core.<chapter>` holds what each exports."""
