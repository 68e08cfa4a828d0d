"""Results: from the files that Bedrock writes to scores that belong to records."""
