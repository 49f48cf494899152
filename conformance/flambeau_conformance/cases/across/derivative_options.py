"""Options of functions that differentiate, and of what stands around sparse matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...compare import check_alike
from ...declare import case
from ...subject import Subject

_DOUBLE = ("float64", "float32")


def _x(t: Any) -> Any:
    return t.tensor([1.0, 2.0], dtype=t.float64)


@case("func.options/value/auxiliary/float64", dtypes=_DOUBLE)
def _auxiliary(subject: Subject) -> None:
    t, f, x = subject.torch, subject.torch.func, _x(subject.torch)

    def both(a: Any, b: Any) -> Any:
        return (a * b).sum(), a + b

    slopes, (value, extra) = f.grad_and_value(both, argnums=(0, 1), has_aux=True)(x, x + 1)
    expect_equal(
        ([each.tolist() for each in slopes], float(value), extra.tolist()),
        ([[2.0, 3.0], [1.0, 2.0]], 8.0, [3.0, 5.0]),
        "grad_and_value",
    )
    for make in (f.jacrev, f.jacfwd):
        jacobian, extra = make(lambda a, b: (a * b, a), argnums=1, has_aux=True)(x, x + 1)
        expect_equal(
            (jacobian.tolist(), extra.tolist()),
            ([[1.0, 0.0], [0.0, 2.0]], [1.0, 2.0]),
            "a jacobian of the second argument",
        )
    expect_equal(f.jacrev(lambda a: a * a, chunk_size=1)(x).tolist(), [[2.0, 0.0], [0.0, 4.0]], "a jacobian in pieces")
    expect_equal(
        f.jacfwd(lambda a: a * a, randomness="different")(x).tolist(),
        [[2.0, 0.0], [0.0, 4.0]],
        "a jacobian that may draw",
    )
    expect_equal(
        f.hessian(lambda a, b: (a * b * b).sum(), argnums=1)(x, x).tolist(),
        [[2.0, 0.0], [0.0, 4.0]],
        "second derivatives",
    )
    out, pull, extra = f.vjp(lambda a: (a * 3, a), x, has_aux=True)
    expect_equal(
        (out.tolist(), pull(t.ones(2, dtype=t.float64))[0].tolist(), extra.tolist()),
        ([3.0, 6.0], [3.0, 3.0], [1.0, 2.0]),
        "vjp",
    )
    out, tangent, extra = f.jvp(lambda a: (a * 3, a), (x,), (t.ones(2, dtype=t.float64),), strict=False, has_aux=True)
    expect_equal((out.tolist(), tangent.tolist(), extra.tolist()), ([3.0, 6.0], [3.0, 3.0], [1.0, 2.0]), "jvp")
    line, push = quietly(lambda: f.linearize(lambda a: a * a, x))
    expect_equal((line.tolist(), push(t.ones(2, dtype=t.float64)).tolist()), ([1.0, 4.0], [2.0, 4.0]), "linearize")
    expect_equal(f.grad(lambda a: a.sum(), argnums=0, has_aux=False)(x).tolist(), [1.0, 1.0], "grad")


@case("func.options/value/mapped/float32", dtypes=("float32",))
def _mapped(subject: Subject) -> None:
    t = subject.torch
    x = t.ones(3, 2)
    expect_equal(t.vmap(lambda row: row.sum(), chunk_size=2)(x).tolist(), [2.0, 2.0, 2.0], "in pieces")
    same = t.vmap(lambda row: row + t.rand(2), randomness="same")(x)
    expect(bool((same[0] == same[1]).all()), "one draw for all")
    other = t.vmap(lambda row: row + t.rand(2), randomness="different")(x)
    expect(not bool((other[0] == other[1]).all()), "a draw for each")
    expect_raises(lambda: t.vmap(lambda row: row + t.rand(2), randomness="error")(x), RuntimeError, "randomness")


@case("func.options/value/modules/float32", dtypes=("float32",))
def _modules(subject: Subject) -> None:
    t, f = subject.torch, subject.torch.func

    class Scaled(t.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.weight = t.nn.Parameter(data=t.ones(1), requires_grad=True)
            self.kept = t.nn.Buffer(data=t.ones(1), persistent=False)

        def forward(self, x: Any, by: float = 1.0) -> Any:
            return x * self.weight * by

    model = Scaled()
    expect_equal(list(model.state_dict()), ["weight"], "a buffer that is not persistent")
    called = f.functional_call(
        model, {"weight": t.tensor([3.0])}, (t.ones(1),), kwargs={"by": 2.0}, tie_weights=True, strict=False
    )
    expect_equal(called.tolist(), [6.0], "with other parameters")
    expect_raises(
        lambda: f.functional_call(model, {"weigh": t.ones(1)}, (t.ones(1),), strict=True), RuntimeError, "weigh"
    )
    parameters, _ = f.stack_module_state([Scaled(), Scaled()])
    expect_equal(tuple(parameters["weight"].shape), (2, 1), "the parameters of two")


@case("autograd.functional/options/all/float64", dtypes=_DOUBLE)
def _functional(subject: Subject) -> None:
    t, f, x = subject.torch, subject.torch.autograd.functional, _x(subject.torch)
    ones = t.ones(2, dtype=t.float64)

    def cubes(a: Any) -> Any:
        return (a * a * a).sum()

    expected = [[6.0, 0.0], [0.0, 12.0]]
    for options in (
        {"create_graph": True}, {"strict": True}, {"vectorize": True}, {"outer_jacobian_strategy": "reverse-mode"},
        {"outer_jacobian_strategy": "forward-mode", "vectorize": True},
    ):  # fmt: skip
        expect_equal(f.hessian(cubes, x, **options).tolist(), expected, f"the hessian with {options}")
    for options in ({"create_graph": True}, {"strict": True}):
        expect_equal(f.hvp(cubes, x, ones, **options)[1].tolist(), [6.0, 12.0], f"hvp with {options}")
        expect_equal(f.vhp(cubes, x, ones, **options)[1].tolist(), [6.0, 12.0], f"vhp with {options}")
        expect_equal(f.jvp(lambda a: a * a, x, ones, **options)[1].tolist(), [2.0, 4.0], f"jvp with {options}")
        expect_equal(f.vjp(lambda a: a * a, x, ones, **options)[1].tolist(), [2.0, 4.0], f"vjp with {options}")
    for options in (
        {"create_graph": True},
        {"strict": True},
        {"vectorize": True},
        {"strategy": "forward-mode", "vectorize": True},
    ):
        expect_equal(
            f.jacobian(lambda a: a * a, x, **options).tolist(), [[2.0, 0.0], [0.0, 4.0]], f"the jacobian with {options}"
        )
    expect_raises(lambda: f.jacobian(lambda a: a * a, x, strategy="sideways"), (ValueError, AssertionError))


@case("autograd.gradcheck/options/all/float64", dtypes=_DOUBLE)
def _checked(subject: Subject) -> None:
    t, x = subject.torch, _x(subject.torch).requires_grad_()
    a = t.autograd

    def squares(value: Any) -> Any:
        return value * value

    options: dict[str, Any]
    for options in (
        {"eps": 1e-5, "atol": 1e-4, "rtol": 1e-2}, {"nondet_tol": 1e-9}, {"check_undefined_grad": False}, {"check_grad_dtypes": True},
        {"check_batched_grad": True}, {"check_forward_ad": True}, {"check_backward_ad": True, "fast_mode": True},
    ):  # fmt: skip
        expect(a.gradcheck(squares, (x,), **options), f"gradcheck with {options}")
    for options in (
        {"eps": 1e-5, "atol": 1e-4, "rtol": 1e-2}, {"nondet_tol": 1e-9}, {"check_undefined_grad": False}, {"check_grad_dtypes": True},
        {"check_batched_grad": True}, {"check_fwd_over_rev": True}, {"gen_non_contig_grad_outputs": True}, {"fast_mode": True},
        {"grad_outputs": (x.detach().clone().requires_grad_(),)},
    ):  # fmt: skip
        expect(a.gradgradcheck(squares, (x,), **options), f"gradgradcheck with {options}")
    wrong = quietly(lambda: a.gradcheck(lambda value: value.detach() * value, (x,), raise_exception=False))
    expect_equal((wrong, a.gradgradcheck(squares, (x,), raise_exception=False)), (False, True), "without an exception")
    expect_raises(lambda: a.gradcheck(lambda value: value.detach() * value, (x,)), RuntimeError, "Jacobian mismatch")
    with quietly(lambda: a.detect_anomaly(check_nan=False)):
        expect_equal((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()), (True, False), "the mode inside")
    with quietly(lambda: a.set_detect_anomaly(True, check_nan=True)):
        expect_equal(t.is_anomaly_check_nan_enabled(), True, "the mode inside")


@case("autograd.forward_ad/options/levels/float64", dtypes=_DOUBLE)
def _levels(subject: Subject) -> None:
    t, f, x = subject.torch, subject.torch.autograd.forward_ad, _x(subject.torch)
    level = f.enter_dual_level()
    try:
        dual = f.make_dual(x, t.ones(2, dtype=t.float64), level=level)
        primal, tangent = f.unpack_dual(dual * dual, level=level)
        expect_equal((primal.tolist(), tangent.tolist()), ([1.0, 4.0], [2.0, 4.0]), "value and derivative")
    finally:
        f.exit_dual_level(level=level)
    expect_raises(lambda: f.make_dual(x, x), RuntimeError, "no level exists")


@case("autograd.graph/options/versions/float32", dtypes=("float32",))
def _graph(subject: Subject) -> None:
    t = subject.torch
    graph = t.autograd.graph
    x = t.ones(1)
    before = x._version
    graph.increment_version(x)
    expect_equal(x._version, before + 1, "the version")
    leaf = t.ones(1, requires_grad=True)
    edge = graph.get_gradient_edge(leaf * 2)
    expect_equal(edge.output_nr, 0, "which result the edge is of")
    seen: list[Any] = []
    one, two = t.ones(1, requires_grad=True), t.ones(1, requires_grad=True)
    graph.register_multi_grad_hook((one, two), lambda grad: seen.append(grad.tolist()), mode="any")
    (one * two).sum().backward()
    expect_equal(seen, [[1.0]], "what the first gradient calls")
    out = t.autograd.grad(
        leaf * 3, [leaf, t.ones(1, requires_grad=True)], allow_unused=True, retain_graph=True, materialize_grads=True
    )
    expect_equal([each.tolist() for each in out], [[3.0], [0.0]], "a gradient that is none, as zero")


@case("sparse.options/value/made/float32", dtypes=("float32", "float64", "int64"))
def _sparse(subject: Subject) -> None:
    t = subject.torch
    device, d = t.empty(0).device, t.float64
    told = {"dtype": d, "device": device, "requires_grad": True}
    pointers, places, values = [0, 1, 2], [0, 1], [1.0, 2.0]
    for name in ("csr", "csc"):
        made = quietly(partial(getattr(t, f"sparse_{name}_tensor"), pointers, places, values, (2, 2), **told))
        expect_equal(
            (made.to_dense().tolist(), made.requires_grad), ([[1.0, 0.0], [0.0, 2.0]], True), f"a {name} tensor"
        )
    for name in ("bsr", "bsc"):
        made = quietly(partial(getattr(t, f"sparse_{name}_tensor"), [0, 1], [0], [[[1.0, 2.0]]], (1, 2), **told))
        expect_equal(made.to_dense().tolist(), [[1.0, 2.0]], f"a {name} tensor")
    made = quietly(lambda: t.sparse_compressed_tensor(pointers, places, values, (2, 2), layout=t.sparse_csr, **told))
    expect_equal(made.dtype is d, True, "the dtype")
    coo = t.sparse_coo_tensor([[0, 1], [1, 0]], values, (2, 2), check_invariants=True, is_coalesced=True, **told)
    expect_equal((coo.is_coalesced(), coo.sparse_dim(), coo.dense_dim()), (True, 2, 0), "what is told of it")
    expect_equal(
        coo.detach().to_dense(masked_grad=False).tolist(),
        [[0.0, 1.0], [2.0, 0.0]],
        "as a dense tensor",
    )
    expect_equal(t.ones(2, 2, 2).to_sparse(2).dense_dim(), 1, "fewer sparse dimensions")
    expect_equal(float(t.sparse.sum(coo.detach())), 3.0, "the sum")
    product = t.sparse.addmm(t.ones(2, 2, dtype=d), coo.detach(), t.ones(2, 2, dtype=d), beta=2.0, alpha=3.0)
    expect_equal(product.tolist(), [[5.0, 5.0], [8.0, 8.0]], "a sum with a product")
    for name in ("softmax", "log_softmax"):
        made = getattr(t.sparse, name)(coo.detach(), 1, dtype=t.float32)
        expect_equal(made.dtype is t.float32, True, "the dtype")
    invariants = t.sparse.check_sparse_tensor_invariants
    before = invariants.is_enabled()
    try:
        invariants.enable()
        expect_equal(invariants.is_enabled(), True, "whether invariants are checked")
        expect_raises(lambda: t.sparse_coo_tensor([[5]], [1.0], (2,)), RuntimeError)
    finally:
        (invariants.enable if before else invariants.disable)()


@case("optim.options/value/steps/float32", dtypes=("float32",))
def _steps(subject: Subject) -> None:
    t = subject.torch

    def stepped(name: str, **options: Any) -> Any:
        weight = t.ones(2, requires_grad=True)
        optimizer = getattr(t.optim, name)([weight], lr=0.1, **options)
        for _ in range(2):
            optimizer.zero_grad()
            (weight * weight).sum().backward()
            optimizer.step()
        return weight.detach()

    options: dict[str, Any]
    for name in ("SGD", "Adam", "AdamW"):
        plain = stepped(name)
        for options in ({"foreach": True}, {"foreach": False}):
            check_alike(subject, [stepped(name, **options)], [plain], "reduction")
        check_alike(subject, [stepped(name, fused=True)], [plain], "reduction")
        expect_raises(
            partial(getattr(t.optim, name), [t.ones(1, requires_grad=True)], lr=-1.0),
            ValueError,
            "Invalid learning rate",
        )
    expect(float(stepped("Adam", maximize=True)[0]) > 1, "the other direction")
    check_alike(
        subject,
        [stepped("Adam", weight_decay=0.1, decoupled_weight_decay=True)],
        [stepped("AdamW", weight_decay=0.1)],
        "reduction",
    )
    for name in ("Adam", "AdamW"):
        for options in (
            {"betas": (0.5, 0.9)},
            {"eps": 1e-2},
            {"weight_decay": 0.5},
            {"amsgrad": True},
            {"maximize": True},
        ):
            expect(bool(stepped(name, **options).isfinite().all()), f"{name} with {options}")
        expect_raises(
            partial(getattr(t.optim, name), [t.ones(1, requires_grad=True)], betas=(1.5, 0.9)),
            ValueError,
            "Invalid beta parameter",
        )
    table = t.nn.Embedding(3, 2, sparse=True)
    rare = t.optim.SparseAdam(list(table.parameters()), lr=0.1, betas=(0.5, 0.9), eps=1e-6, maximize=True)
    before = table.weight.detach().clone()
    table(t.tensor([1])).sum().backward()
    rare.step()
    expect_equal((table.weight.detach() != before).any(1).tolist(), [False, True, False], "the rows that were changed")
    expect_raises(lambda: t.optim.SparseAdam(list(table.parameters()), lr=0.0), ValueError, "Invalid learning rate")
