"""The cases, one module per family of ops, named as in :mod:`flambeau.ops`, and some for what is no op."""
