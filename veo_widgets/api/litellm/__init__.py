"""LiteLLM's video functions under their own names."""
