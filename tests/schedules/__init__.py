"""A deterministic simulation: the real handlers, in the order of the state machine, on an AWS that an adversary runs."""
