"""The live table of a batch."""
