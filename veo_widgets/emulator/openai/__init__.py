"""``/v1/videos`` as OpenAI, LiteLLM and other gateways serve it."""
