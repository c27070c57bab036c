"""The library: everything that was ever made here."""
