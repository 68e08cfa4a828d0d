"""What AWS asks for what an orchestration uses, in USD in us-east-1, without free tiers.

Each price is named after the public page that says it, as it was in November 2026.
"""

from __future__ import annotations

from typing import Final

# "AWS Step Functions pricing": Standard Workflows, per state transition; a retry counts as one.
TRANSITION: Final = 0.025 / 1000
# "AWS Lambda pricing": arm64, per GB-second and per request.
GB_SECOND: Final = 0.0000133334
INVOCATION: Final = 0.20 / 1_000_000
# "Amazon DynamoDB pricing": on-demand, per request unit; a transaction takes twice as many.
WRITE: Final = 0.625 / 1_000_000
READ: Final = 0.125 / 1_000_000
# "Amazon S3 pricing": S3 Standard, PUT, COPY, POST and LIST, and GET and all others.
S3_WRITE: Final = 0.005 / 1000
S3_READ: Final = 0.0004 / 1000
# "Amazon SQS pricing": standard queues, per request. A message is sent, received and deleted.
SQS_REQUEST: Final = 0.40 / 1_000_000
# "Amazon EventBridge pricing": custom events, and those of S3, which are opted into.
EVENT: Final = 1.00 / 1_000_000
# "Amazon SNS pricing": publishes.
PUBLISH: Final = 0.50 / 1_000_000
# "Amazon CloudWatch pricing": custom metrics, the first 10,000, by the hour in which they have values; logs, per byte.
CUSTOM_METRIC: Final = 0.30 / 730
LOGGED_BYTE: Final = 0.50 / 1_000_000_000
# "AWS X-Ray pricing": traces recorded.
TRACE: Final = 5.00 / 1_000_000
# "AWS Glue pricing": requests of the Data Catalog.
CATALOG_REQUEST: Final = 1.00 / 1_000_000
