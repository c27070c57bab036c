"""Clips put together in one file, and signed."""
