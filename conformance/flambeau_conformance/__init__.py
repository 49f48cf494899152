"""The conformance suite: what every documented function must do, checked on any backend.

:mod:`.declare` is how cases are written, :mod:`.cases` holds them, :mod:`.aspects` makes many out of one declaration,
:mod:`.session` runs them and judges; :mod:`.cli` is the command ``flambeau-conformance``, which lets processes
of :mod:`.worker` do so, and :mod:`.pytest_plugin` turns them into pytest items.
"""

SUITE_VERSION = "2"
"""Changes whenever the same backend could get another result."""
