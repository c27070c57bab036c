"""This package's errors under the names that code written for LiteLLM catches."""

from __future__ import annotations

from .domain.errors import AuthenticationError, BadRequestError, NotFoundError, RateLimitError
from .domain.errors import VeoError as APIError
from .domain.errors import WaitTimeoutError as Timeout

__all__ = ["APIError", "AuthenticationError", "BadRequestError", "NotFoundError", "RateLimitError", "Timeout"]
