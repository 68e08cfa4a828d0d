"""The table of benchmarks: rows, how they are measured, and how they are shown."""
