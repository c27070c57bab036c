"""The services: who they are and where, and the dialects of HTTP that they speak. Pure."""

from .registry import Provider
from .servers import Server

__all__ = ["Provider", "Server"]
