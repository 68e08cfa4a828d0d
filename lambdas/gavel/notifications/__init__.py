"""What people and dashboards are told of an evaluation's end: a message in words, and figures as metrics."""
