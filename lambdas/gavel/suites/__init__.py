"""Suites: what people write to say which models answer, which judge, and on which metrics."""
