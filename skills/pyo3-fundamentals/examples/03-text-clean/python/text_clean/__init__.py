"""Clean texts and text files: encodings, line ends and spaces at the end of lines."""

from ._core import clean, clean_file, decode, detect_encoding, encode, line_ends, longest

__all__ = ["clean", "clean_file", "decode", "detect_encoding", "encode", "line_ends", "longest"]
