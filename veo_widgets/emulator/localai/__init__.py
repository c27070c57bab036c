"""LocalAI's own interface to videos."""
