"""What a person calls: the functions of the package root, the ``veo`` command, the flags."""
