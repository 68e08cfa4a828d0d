"""Seeded fault schedules on the deployed system: many evaluations at once, each with its own trouble, on one twin."""
