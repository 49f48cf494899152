"""Data sets that come with the library."""

from .digits import Digits as Digits
