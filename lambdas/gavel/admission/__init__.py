"""Which job may start now: slots for all jobs and for each judge model, shared fairly between evaluations."""
