"""The cases, one module per family of ops, in folders and under names as in :mod:`flambeau.ops`; and some for what is no op."""
