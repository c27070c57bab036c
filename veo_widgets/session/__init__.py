"""What a person holds: a client that blocks, jobs, clips; over one background loop."""
