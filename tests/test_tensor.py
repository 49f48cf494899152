"""What a tensor is to Python: numbers, iteration, truth, sizes, copies and pickles, with PyTorch as the judge.

One expression a line, with `t` for the module. What is compared is the text of the result, or the class of the error.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from types import ModuleType
from typing import Any

import pytest

import flambeau

EXPRESSIONS = """
bool(t.tensor(0.0))
bool(t.tensor([[3]]))
bool(t.tensor([]))
bool(t.ones(2))
int(t.tensor(2.9))
int(t.tensor([-2.9]))
int(t.tensor(True))
int(t.tensor(float('nan')))
int(t.tensor(float('inf')))
int(t.ones(2))
float(t.tensor(3))
float(t.tensor([[True]]))
float(t.tensor([]))
float(t.tensor(3.0, requires_grad=True))
complex(t.tensor(3.0))
[10, 20, 30][t.tensor(2)]
[10, 20, 30][t.tensor([1])]
[10, 20, 30][t.tensor(1.0)]
[10, 20, 30][t.tensor(True)]
list(range(5))[t.tensor(1):t.tensor(4)]
range(t.tensor(3))
round(t.tensor(2.567), 1)
round(t.tensor([2.5, -3.5]))
round(t.tensor(3))
abs(t.tensor([-1, 2]))
divmod(t.tensor(7), 2)
pow(t.tensor(3), 2)
-t.tensor([1, -2])
+t.tensor([1, -2])
~t.tensor([True, False])
-t.tensor([True])
len(t.ones(3, 2))
len(t.tensor(1))
list(t.arange(3))
[row.shape for row in t.ones(2, 3)]
list(t.ones(0, 3))
list(t.tensor(1))
list(reversed(t.arange(3)))
1 in t.arange(3)
5.0 in t.arange(3)
t.tensor(1) in t.arange(3)
sum(t.arange(4))
max(t.tensor([1, 3, 2]))
sorted(t.tensor([3, 1, 2]))
a, b = t.tensor([1, 2])
a, b, c = t.tensor([1, 2])
{x: 1 for x in [t.ones(1)]}
t.ones(2) == 'a'
t.ones(2) < 'a'
t.ones(2) == [1, 1]
[t.ones(1)] == [t.ones(1)]
not t.zeros(1)
t.zeros(1) or 5
format(t.tensor(1.25), '.1f')
format(t.tensor([1.25]), '.1f')
format(t.tensor([1.25, 2.0]), '')
format(t.tensor(12), '05d')
f'{t.tensor(0.5):.0%}'
f'{t.tensor(3)!r:>12}'
'%d' % t.tensor(3)
'%.2f' % t.tensor(3.0)
t.tensor(3).__index__()
t.tensor([1, 2]).tolist()
t.tensor([1, 2]).item()
t.tensor([[1.5]]).item()
t.ones(2, 3).shape
t.ones(2, 3).size()
t.ones(2, 3).size(-1)
t.ones(2, 3).size(2)
t.ones(2, 3).size(0, 1)
t.ones(2, 3).dim(), t.ones(2, 3).ndim
t.ones(2, 3).numel(), t.ones(2, 3).nelement()
t.ones(2, 3).element_size(), t.ones(2, 3).itemsize, t.ones(2, 3).nbytes
t.ones(2, 3).stride(), t.ones(2, 3).stride(-1), t.ones(2, 3)[:, 1:].storage_offset()
t.ones(2, 3).T.shape, t.ones(2, 3).mT.shape
t.ones(2).is_leaf, t.ones(2).requires_grad, t.ones(2).grad, t.ones(2).grad_fn
t.ones(2).is_cuda, t.ones(2).is_cpu, t.ones(2).is_sparse, t.ones(2).layout, t.ones(2).get_device()
t.ones(2).is_floating_point(), t.arange(2).is_floating_point(), t.ones(2).is_complex(), t.ones(2).is_signed()
t.ones(2).nothing
t.ones(2).shape.nothing
t.ones(2)(1)
t.Size([2, 3]).numel()
t.Size([])
t.Size((2, 3)) + (4,)
(4,) + t.Size((2, 3))
t.Size([2, 3]) == (2, 3)
t.Size([2, 3]) * 2
t.Size([2, 3, 4])[1:]
t.Size([2, 3, 4])[-1]
t.Size([2, 3])[2]
t.Size(3)
t.Size([-1])
hash(t.Size([2])) == hash((2,))
[*t.Size([2, 3])]
t.Size([2, 3]).count(2), t.Size([2, 3]).index(3)
type(t.Size([2, 3]) + (4,)).__name__, type(t.Size([2, 3])[:1]).__name__, type(2 * t.Size([2])).__name__
type((4,) + t.Size((2, 3))).__name__
pickle.loads(pickle.dumps(t.Size([2, 3])))
copy.copy(t.tensor([1, 2]))
copy.deepcopy(t.tensor([1.0], requires_grad=True))
copy.deepcopy(t.tensor([1.0], requires_grad=True) * 2)
pickle.loads(pickle.dumps(t.float32)) is t.float32
copy.deepcopy(t.float32) is t.float32
pickle.loads(pickle.dumps(t.device('cpu')))
pickle.loads(pickle.dumps(t.tensor([1.0], requires_grad=True)))
pickle.loads(pickle.dumps(t.tensor([1.0], requires_grad=True) * 2))
pickle.loads(pickle.dumps(t.tensor([True, False])))
pickle.loads(pickle.dumps(t.ones(0, 3)))
""".strip().splitlines()


def outcome(module: Any, expression: str) -> str | Exception:
    names = {"t": module, "copy": copy, "pickle": pickle}
    names.update(bool=bool, int=int, float=float)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if expression.startswith("a, b"):
                exec(expression, names)
                return f"{names['a']} {names['b']}"
            return str(eval(expression, names))
    except Exception as error:
        return error


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(torch: ModuleType, expression: str) -> None:
    found, expected = outcome(flambeau, expression), outcome(torch, expression)
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), found
    else:
        assert found == expected


def test_a_gradient_can_be_deleted() -> None:
    x = flambeau.ones(2, requires_grad=True)
    x.sum().backward()
    del x.grad
    assert x.grad is None
