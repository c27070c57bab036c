"""What can be asked for, by which rules, at what price, and what becomes of it: values alone."""
