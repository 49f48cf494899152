"""The exit codes of the command."""

from __future__ import annotations

__all__ = ["CONFORMANT", "HARNESS", "INTERRUPTED", "NOT_CONFORMANT", "USAGE"]

CONFORMANT = 0
NOT_CONFORMANT = 1
USAGE = 2
"""A wrong call, manifest or file of expectations."""
HARNESS = 3
"""The suite itself failed, or could not write what it found."""
INTERRUPTED = 130
"""By Ctrl-C; SIGTERM gives 143."""
