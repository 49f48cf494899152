"""Data sets, samplers and the loader that makes batches."""

from ._collate import default_collate as default_collate
from ._datasets import *
from ._loader import DataLoader as DataLoader
from ._samplers import *
