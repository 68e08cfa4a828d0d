"""The errors that the API answers with, by the names and HTTP codes of the public service model."""

from __future__ import annotations

from typing import Final

HTTP_STATUS: Final = {
    "ValidationException": 400,
    "SerializationException": 400,
    "ConflictException": 400,
    "ServiceQuotaExceededException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "UnknownOperationException": 404,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}


class ApiError(Exception):
    """An error answer of the API: `code` is a key of `HTTP_STATUS`, `message` what the caller reads."""

    def __init__(self, code: str, message: str) -> None:
        """Keep code and message; KeyError for a code that the service does not have."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = HTTP_STATUS[code]


class JobFailedError(Exception):
    """A job ends as Failed; `messages` become its failureMessages and never hold text of the dataset."""

    def __init__(self, *messages: str) -> None:
        """Keep the messages in order; at least one."""
        super().__init__("; ".join(messages))
        self.messages = messages
