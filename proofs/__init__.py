"""Proof in place of promises: each proof tries something, counts what held, and writes its page in `docs/proofs`."""
