"""Read DNA sequences from FASTQ files of any size."""

from fastq_reads._core import Batches, FilteredReads, Read, Reads
from fastq_reads.errors import FastqError

__all__ = ["Batches", "FastqError", "FilteredReads", "Read", "Reads"]
