"""The test module that pytest collects; its items are made by :mod:`flambeau_conformance.pytest_plugin`."""
