"""What is kept on this machine: the ledger and the clips."""
