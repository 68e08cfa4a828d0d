"""The local twin: an embedded AWS with a working Bedrock evaluation service in it; never shipped."""
