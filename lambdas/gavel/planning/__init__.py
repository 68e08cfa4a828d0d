"""Plans: from a suite and a dataset to shards, jobs and the requests that Bedrock gets."""
