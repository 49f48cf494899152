"""The conformance suite: what every documented function must do, checked on any backend.

:mod:`.declare` is how cases are written, :mod:`.cases` holds them, :mod:`.aspects` makes many out of one declaration,
:mod:`.pytest_plugin` turns them into pytest items, and :mod:`.cli` is the command ``flambeau-conformance``.
"""

SUITE_VERSION = "1"
"""Changes whenever the same backend could get another result."""
