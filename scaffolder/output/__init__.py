"""What programs print: transcripts, diagnostics, and which program speaks."""
