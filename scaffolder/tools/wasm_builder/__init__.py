"""The tool `wasm_builder`: an extension built for Pyodide, compared with it, and run in it."""
