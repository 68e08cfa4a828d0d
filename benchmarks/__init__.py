"""Measurements that the README and the limits of `infra` rest on."""
