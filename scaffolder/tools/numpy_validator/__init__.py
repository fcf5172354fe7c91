"""The tool `numpy_validator`: one function of a built extension against arrays that break naive code."""
