"""The exceptions of the package; those that Rust raises, too."""


class TensorError(Exception):
    """The base of all exceptions that are the package's own."""


class TensorTypeError(TensorError, TypeError):
    """A tensor has another type of element, or other dimensions."""


class TensorValueError(TensorError, ValueError):
    """Shapes that don't fit together, or a mean or deviation that no numbers have."""


class TensorBufferError(TensorError, BufferError):
    """Memory that can't be exchanged: on another device, of another version, read-only, or unaligned."""
