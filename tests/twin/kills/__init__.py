"""Seeded kills of the deployed system: processes of its Lambdas, or the whole twin, at random moments."""
