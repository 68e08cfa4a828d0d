"""Sizes that the engine accepts, each with where it comes from."""

from __future__ import annotations

from typing import Final

MAX_SUITE_BYTES: Final = 256 * 1024  # far above any file that a person writes; bounds the time that YAML takes
MAX_LINE_BYTES: Final = 1024 * 1024  # one record: a 4 KB prompt, its reference, and answers of several sources
DEFAULT_MAX_DATASET_BYTES: Final = 2 * 1024**3  # a million records of 2 KB; PlanEvaluation reads them in 15 minutes
DEFAULT_MAX_PROMPT_BYTES: Final = 4096  # Bedrock's published quota "size of prompt": 4 KB
MAX_CATEGORY_BYTES: Final = 256  # a category is a part of DynamoDB sort keys (1,024 bytes) and a column of tables
