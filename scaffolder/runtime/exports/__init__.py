"""What runs in the chosen Python, 3.10 or newer: it imports nothing but the standard library and itself."""
