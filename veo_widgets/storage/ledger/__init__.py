"""The record of every job and dollar, in SQLite."""
