"""Jobs that belong together under a name: films and batches."""
