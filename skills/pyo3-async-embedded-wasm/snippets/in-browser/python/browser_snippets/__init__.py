"""What the chapters on WebAssembly show."""
