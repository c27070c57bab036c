"""The asynchronous client: plans, submits, polls, downloads."""
