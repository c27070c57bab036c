"""HTTP within limits. The only user of httpx."""
