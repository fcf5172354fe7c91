"""Camera frames to tensors for a model, exchanged with any library by DLPack."""

from tensor_exchange._core import Tensor, fill_tensor, to_tensor
from tensor_exchange.errors import TensorBufferError, TensorError, TensorTypeError, TensorValueError

__all__ = [
    "Tensor",
    "TensorBufferError",
    "TensorError",
    "TensorTypeError",
    "TensorValueError",
    "fill_tensor",
    "to_tensor",
]
