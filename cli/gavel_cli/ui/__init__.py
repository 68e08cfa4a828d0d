"""`gavel ui`: pages to start from, served to this machine's user alone."""
