"""What there is to know about each sparse layout, in one place."""

from __future__ import annotations

from typing import NamedTuple

from flambeau import layouts

__all__ = ["FORMATS", "Format"]


class Format(NamedTuple):
    """The facts about a sparse layout.

    Attributes:
        layout: the layout.
        title: its name in PyTorch's messages.
        components: the accessors of its indices, in the order in which they are stored.
        by_rows: whether the compressed indices are of rows.
        blocked: whether the stored elements are blocks.
        turned: the layout of the transposed matrix, which has the same indices.
        unblocked: the layout of single elements in the same order.
    """

    layout: layouts.layout
    title: str
    components: tuple[str, ...]
    by_rows: bool
    blocked: bool
    turned: layouts.layout
    unblocked: layouts.layout

    @property
    def compressed(self) -> bool:
        """Whether one of its indices is compressed to where lines begin."""
        return len(self.components) == 2


def _rows(title: str, layout: layouts.layout, turned: layouts.layout, blocked: bool) -> Format:
    return Format(layout, title, ("crow_indices", "col_indices"), True, blocked, turned, layouts.sparse_csr)


def _columns(title: str, layout: layouts.layout, turned: layouts.layout, blocked: bool) -> Format:
    return Format(layout, title, ("ccol_indices", "row_indices"), False, blocked, turned, layouts.sparse_csc)


FORMATS = {
    format.layout: format
    for format in (
        Format(layouts.sparse_coo, "Sparse", ("indices",), True, False, layouts.sparse_coo, layouts.sparse_coo),
        _rows("SparseCsr", layouts.sparse_csr, layouts.sparse_csc, False),
        _columns("SparseCsc", layouts.sparse_csc, layouts.sparse_csr, False),
        _rows("SparseBsr", layouts.sparse_bsr, layouts.sparse_bsc, True),
        _columns("SparseBsc", layouts.sparse_bsc, layouts.sparse_bsr, True),
    )
}
