"""What can go wrong."""


class PhotoError(Exception):
    """A photo that can't be read, written or held."""
