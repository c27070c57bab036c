"""The clips on disk: received, named, kept with a still and the recipe."""
