"""What a suite remembers of its evaluations, and which of them can be compared."""
