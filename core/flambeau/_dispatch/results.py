"""Results of several tensors with names, as the classes of PyTorch's ``torch.return_types`` are."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Results"]

if TYPE_CHECKING:
    # What a type checker knows of such a class is the same.
    from typing import NamedTuple as Results
else:
    try:
        from _collections import _tuplegetter as entry  # as collections.namedtuple has it: in C
    except ImportError:
        from operator import itemgetter

        def entry(place: int, doc: str) -> property:
            return property(itemgetter(place), doc=doc)

    class Results(tuple):
        """A tuple whose entries have the names that the class annotates.

        A ``NamedTuple`` compiles source for every class, which for two dozen of them took a tenth of flambeau's import.
        As PyTorch's, it is also made of one sequence, and prints one entry a line.
        """

        __slots__ = ()
        _fields = ()

        def __init_subclass__(cls) -> None:
            fields = tuple(cls.__dict__.get("__annotations__", ()))  # noqa: RUF063 (inspect takes 5 ms to import)
            if fields:  # a subclass without any has its base's
                cls._fields = cls.__match_args__ = fields
                for place, name in enumerate(fields):
                    setattr(cls, name, entry(place, f"Entry {place} of the tuple."))

        def __new__(cls, *values):
            if len(values) != len(cls._fields):
                values = tuple(values[0]) if len(values) == 1 else values
                if len(values) != len(cls._fields):
                    raise TypeError(
                        f"torch.return_types.{cls.__name__}() takes a {len(cls._fields)}-sequence "
                        f"({len(values)}-sequence given)"
                    )
            return tuple.__new__(cls, values)

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self) -> str:
            entries = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"torch.return_types.{type(self).__name__}(\n{entries})"
