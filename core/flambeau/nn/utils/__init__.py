"""What goes with networks: sequences of different lengths."""

from . import rnn as rnn
