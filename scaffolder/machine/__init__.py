"""What there is to build with: programs, interpreters, cargo."""
