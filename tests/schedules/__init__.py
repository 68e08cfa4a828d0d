"""A deterministic simulation: the real handlers in the state machine's order, on an AWS that an adversary runs."""
