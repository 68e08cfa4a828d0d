"""Trouble on the way between Lambdas and AWS, on demand: an ASGI middleware that is idle until somebody sets rules."""
