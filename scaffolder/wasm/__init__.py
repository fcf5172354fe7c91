"""Extensions for Pyodide: WebAssembly modules and wheels, releases of Pyodide, and what builds for them."""
