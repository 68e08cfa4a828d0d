"""The engine of Gavel: planning, joining, counting and judging the results of Bedrock evaluation jobs.

This package is pure Python that has never heard of AWS; only its sub-package `gavel.aws` imports boto3.
"""
