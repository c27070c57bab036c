"""What a person sees: magics and widgets. The only users of IPython, anywidget and traitlets."""
