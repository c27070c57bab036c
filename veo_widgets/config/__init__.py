"""Which account a request goes to: settings, environment, files, keys, signing, the way out, and the log."""
