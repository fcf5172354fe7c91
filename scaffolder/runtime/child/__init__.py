"""What runs in the chosen Python, which may be as old as 3.8: it imports only the standard library and itself."""
