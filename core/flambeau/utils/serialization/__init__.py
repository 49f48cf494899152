"""How files are written and read where a call does not say so."""

from . import config as config
