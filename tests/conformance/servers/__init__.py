"""Other people's ``/v1/videos`` servers: real ones with a stub for a model, and others after their source."""
