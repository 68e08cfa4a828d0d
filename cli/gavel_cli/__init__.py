"""The command line, a user's front door."""
