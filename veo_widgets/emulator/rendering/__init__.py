"""Prompts into pictures, pictures into MP4."""
