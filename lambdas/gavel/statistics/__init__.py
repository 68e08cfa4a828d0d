"""Statistics: exact counts, means with intervals, and generators compared record by record."""
