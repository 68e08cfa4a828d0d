"""The version of Gavel, recorded in every manifest."""

from typing import Final

VERSION: Final = "0.1.0"
