"""Data sets, samplers and the loader that makes batches."""

from ._collate import default_collate as default_collate
from ._collate import default_convert as default_convert
from ._datasets import *
from ._loader import DataLoader as DataLoader
from ._samplers import *
from ._worker_info import get_worker_info as get_worker_info
