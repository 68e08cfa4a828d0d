"""Datasets: reading records as a stream, and saying everything that is wrong with them."""
