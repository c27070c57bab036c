"""Gemini Omni: the Interactions API."""
