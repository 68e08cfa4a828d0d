"""When a suite's evaluation starts by itself: expressions, and rules for runs that are late or overlap."""
