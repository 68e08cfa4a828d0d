"""Published data and tables to check the statistics against; each folder has its licence."""
