"""Trouble on request."""
