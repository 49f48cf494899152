"""What hooks give in the place of gradients is checked: its number, kind and shape, in PyTorch's words."""

import pytest

import flambeau as torch
from flambeau import nn

pytestmark = pytest.mark.filterwarnings("ignore:Using :FutureWarning")  # of hooks of the old sort


def double(x):
    return x * 2


def of_tensor(hook, result):
    x = torch.ones(2, requires_grad=True)
    y = result(x)
    y.register_hook(hook)
    (y * 3).sum().backward()
    return x.grad


def of_node(hook, *, pre=False):
    """Hooks on a node of two inputs, one output."""
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    y = x * w
    (y.grad_fn.register_prehook if pre else y.grad_fn.register_hook)(hook)
    y.sum().backward()
    return x.grad


def of_parts(hook, *, pre=False):
    """Hooks on a node of one input, two outputs, of which only the first has a gradient."""
    x = torch.ones(2, 2, requires_grad=True)
    first, _ = x.unbind()
    (first.grad_fn.register_prehook if pre else first.grad_fn.register_hook)(hook)
    first.sum().backward()
    return x.grad


def of_accumulation(hook, *, pre=False):
    x = torch.ones(2, requires_grad=True)
    node = x.view_as(x).grad_fn.next_functions[0][0]
    (node.register_prehook if pre else node.register_hook)(hook)
    (x * 3).sum().backward()
    return x.grad


def of_module(hook, *, pre=False):
    layer = nn.Sequential(nn.Identity())
    (layer.register_full_backward_pre_hook if pre else layer.register_full_backward_hook)(hook)
    x = torch.ones(2, requires_grad=True)
    layer(x).sum().backward()
    return x.grad


def of_all_modules(hook):
    handle = nn.modules.module.register_module_full_backward_hook(hook)
    try:
        x = torch.ones(2, requires_grad=True)
        nn.ReLU()(x).sum().backward()
    finally:
        handle.remove()
    return x.grad


def of_old_module(hook):
    layer = nn.ReLU()
    layer.register_backward_hook(hook)
    x = torch.ones(2, requires_grad=True)
    layer(x).sum().backward()
    return x.grad


def of_function(hook, *, pre=False):
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            return x * factor

        @staticmethod
        def backward(ctx, grad):
            return grad * 3, None

    x = torch.ones(2, requires_grad=True)
    y = Scale.apply(x, 3)
    (y.grad_fn.register_prehook if pre else y.grad_fn.register_hook)(hook)
    y.sum().backward()
    return x.grad


def after_accumulation(hook):
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(hook)
    x.sum().backward()
    return x.grad


def pre(place):
    def called(hook):
        return place(hook, pre=True)

    called.__name__ = f"before_{place.__name__}"
    return called


SINGLE = [lambda hook: of_tensor(hook, double), lambda hook: of_tensor(hook, lambda x: x), after_accumulation]
IN_TUPLES = [
    pre(of_node), of_parts, pre(of_accumulation), of_module, pre(of_module), of_all_modules, of_old_module,
    of_function, pre(of_function),
]  # fmt: skip
NODES = [
    of_node,
    pre(of_node),
    of_parts,
    pre(of_parts),
    of_accumulation,
    pre(of_accumulation),
    of_function,
    of_old_module,
]

OTHERS = [
    (lambda: torch.ones(1), RuntimeError, "hook '.*' has changed the size of value"),
    (lambda: torch.ones(1, 2), RuntimeError, "hook '.*' has changed the size of value"),
    (lambda: torch.tensor(1.0), RuntimeError, "hook '.*' has changed the size of value"),
    (lambda: torch.ones(0), RuntimeError, "hook '.*' has changed the size of value"),
    (
        lambda: torch.ones(2, dtype=torch.float64), RuntimeError,
        r"hook '.*' has changed the type of value \(was torch.FloatTensor got torch.DoubleTensor\)",
    ),
    (
        lambda: torch.ones(2, dtype=torch.complex64), RuntimeError,
        r"hook '.*' has changed the type of value \(was torch.FloatTensor got CPUComplexFloatType\)",
    ),
    (
        lambda: torch.ones(2).to_sparse(), RuntimeError,
        r"hook '.*' has changed the type of value \(was torch.FloatTensor got torch.sparse.FloatTensor\)",
    ),
    (lambda: "a", TypeError, "expected Variable, but hook returned 'str'"),
    (lambda: 3, TypeError, "expected Variable, but hook returned 'int'"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "error", "message"), OTHERS)
@pytest.mark.parametrize("place", SINGLE)
def test_a_gradient_of_another_kind(place, made, error, message):
    with pytest.raises(error, match=message):
        place(lambda *_: made())


@pytest.mark.parametrize(("made", "error", "message"), OTHERS)
@pytest.mark.parametrize("place", IN_TUPLES, ids=lambda place: place.__name__)
def test_gradients_of_another_kind(place, made, error, message):
    def wrong(*arguments):
        grads = (torch.ones(2, 2) if place is of_parts else torch.ones(2),)
        return (made(),) if len(arguments[-1]) == 1 or place is of_parts else grads

    with pytest.raises(error, match=message):
        place(wrong)


@pytest.mark.parametrize(
    "given", [lambda: torch.ones(2), lambda: [torch.ones(2)], lambda: "a", lambda: 0, lambda: False]
)
@pytest.mark.parametrize("place", NODES, ids=lambda place: place.__name__)
def test_no_tuple(place, given):
    with pytest.raises(TypeError, match=f"expected tuple, but hook returned '{type(given()).__name__}'"):
        place(lambda *_: given())


@pytest.mark.parametrize("place", NODES, ids=lambda place: place.__name__)
def test_another_number(place):
    def surplus(*arguments):
        return (torch.ones(2),) * 3

    with pytest.raises(
        RuntimeError, match=r"hook 'surplus' has returned an incorrect number of values \(got 3, but exp"
    ):
        place(surplus)


def test_a_hook_of_a_module_counts_its_own():
    with pytest.raises(
        RuntimeError, match="Backward hook returned an invalid number of grad_input, got 2, but expected 1"
    ):
        of_module(lambda *_: (torch.ones(2),) * 2)
    with pytest.raises(RuntimeError, match="hook 'hook' has changed the size of value"):
        of_module(lambda *_: (torch.ones(1, 1),))


@pytest.mark.parametrize("made", [torch.ones(2), torch.ones(3)])
def test_nothing_comes_where_nothing_was(made):
    with pytest.raises(RuntimeError, match="can't replace a None gradient with a non-None value"):
        of_parts(lambda grads: (grads[0], made), pre=True)


@pytest.mark.parametrize("place", [pre(of_node), of_parts, pre(of_accumulation), of_module, of_function, of_old_module])
def test_a_gradient_can_be_taken_away(place):
    assert place(lambda *_: (None,)) is None


def test_all_gradients_of_a_node_can_be_taken_away():
    assert of_parts(lambda _: (None, None), pre=True) is None
    assert of_node(lambda *_: (None, None)) is None


def test_a_function_gets_zeros_for_what_was_taken_away():
    assert of_function(lambda _: (None,), pre=True).tolist() == [0, 0]


def test_fitting_gradients_are_used():
    assert of_node(lambda grads, _: tuple(grad * 5 for grad in grads)).tolist() == [5, 5]
    assert of_node(lambda grads: (grads[0] * 5,), pre=True).tolist() == [5, 5]
    assert of_accumulation(lambda grads: (grads[0] * 5,), pre=True).tolist() == [15, 15]
    assert of_accumulation(lambda *_: ()).tolist() == [3, 3]
    assert of_function(lambda grads, _: (grads[0] + 1,)).tolist() == [4, 4]
    assert of_module(lambda _, grads, __: [grads[0] + 1]).tolist() == [2, 2]


def test_nothing_is_to_be_returned_after_accumulation():
    with pytest.raises(RuntimeError, match=r"Tensor post accumulate grad hooks should return None\."):
        after_accumulation(lambda tensor: tensor)


def test_gradients_that_were_asked_for_are_checked():
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda grad: torch.ones(3))
    with pytest.raises(RuntimeError, match="has changed the size of value"):
        torch.autograd.grad(x.sum(), x)


def test_a_function_has_inputs_that_are_tensors():
    lengths = []
    of_function(lambda grads, _: lengths.append(len(grads)))
    assert lengths == [1]


@pytest.mark.parametrize(
    ("made", "error", "message"),
    [
        (lambda: "a", TypeError, "expected Variable, but hook returned 'str'"),
        (
            lambda: torch.ones(2, 2), RuntimeError,
            r"hook '<lambda>' has changed the type of value \(was torch.sparse.FloatTensor got torch.FloatTensor\)",
        ),
        (lambda: torch.eye(3).to_sparse(), RuntimeError, "hook '<lambda>' has changed the size of value"),
        (lambda: torch.eye(2).double().to_sparse(), RuntimeError, "got torch.sparse.DoubleTensor"),
    ],
)  # fmt: skip
def test_hooks_of_sparse_leaves(made, error, message):
    x = torch.eye(2).to_sparse().requires_grad_()
    x.register_hook(lambda grad: made())
    with pytest.raises(error, match=message):
        torch.sparse.sum(x * 2).backward()
