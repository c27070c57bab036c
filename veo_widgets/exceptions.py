"""This package's errors under the names that code written for LiteLLM catches."""

from __future__ import annotations

from .errors import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    RateLimitError,
)
from .errors import VeoError as APIError
from .errors import WaitTimeoutError as Timeout

__all__ = ["APIError", "AuthenticationError", "BadRequestError", "NotFoundError", "RateLimitError", "Timeout"]
