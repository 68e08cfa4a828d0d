"""Every name that two rooms share, once: S3 keys, identities, statuses and events, table keys, and what a stack sets.

`infra` grants permissions on these names, handlers use them, and the tests check both against these pages.
"""
