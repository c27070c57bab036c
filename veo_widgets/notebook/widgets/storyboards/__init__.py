"""The storyboard: the shots of a film as cards."""
