"""Every operation on sparse tensors × layout × dtype, on patterns of every kind; the operations are in :mod:`..sparse`."""

from functools import partial

from ...declare import case
from ...sparse import LAYOUTS, OPERATIONS, Operation, check_gradient, check_value, kinds_of
from ...subject import Subject


def _value(operation: Operation, layout: str, kind: str, dtype: str, subject: Subject) -> None:
    check_value(subject, operation, layout, kind, dtype)


def _gradient(operation: Operation, layout: str, kind: str, subject: Subject) -> None:
    check_gradient(subject, operation, layout, kind)


for _operation in OPERATIONS:
    for _layout in LAYOUTS:
        for _kind in kinds_of(_operation, _layout):
            _name = f"{_layout}-{_kind}-{_operation.address}"
            for _dtype in _operation.dtypes:
                case(
                    f"sparse/value/{_name}/{_dtype}",
                    dtypes=(_dtype, *(("uint8",) if _kind == "duplicates" and _dtype == "bool" else ())),
                    part=_operation.address,
                )(partial(_value, _operation, _layout, _kind, _dtype))
            if _operation.gradient:
                case(f"sparse/gradient/{_name}/float64", dtypes=("float64",), part=_operation.address)(
                    partial(_gradient, _operation, _layout, _kind)
                )
