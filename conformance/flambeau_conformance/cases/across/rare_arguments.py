"""Arguments and names that programs seldom use, each once."""

import collections
import warnings
from typing import Any

from ...programs import program, programs


def _raised(call: Any) -> Any:
    try:
        call()
    except Exception as error:
        return type(error).__name__, str(error)[:36]
    return None


def _within(manager: Any, call: Any) -> Any:
    with manager:
        return call()


def _warned(call: Any) -> int:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return len(seen)


def _leaf(t: Any) -> Any:
    return t.tensor([1.0, 2.0], requires_grad=True)


def _sparse(t: Any) -> Any:
    return t.tensor([[1.0, 0.0], [2.0, 3.0]]).to_sparse()


def _square(t: Any) -> Any:
    class Square(t.autograd.Function):  # type: ignore[misc]
        """With a context that is set up apart, and a rule of its own for each way of derivation."""

        @staticmethod
        def forward(x: Any) -> Any:
            return x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * gradient

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * tangent

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return Square.apply(x), in_dims[0]

    return Square.apply


def _tied(t: Any) -> Any:
    class Tied(t.nn.Module):  # type: ignore[misc]
        """Two names of one parameter."""

        def __init__(self) -> None:
            super().__init__()
            self.a = t.nn.Parameter(t.tensor([1.0]))
            self.b = self.a

        def forward(self) -> Any:
            return self.a + self.b

    return Tied()


programs("rare-streams", {
    "offset": (lambda t: [_raised(t.Generator().get_offset), _raised(lambda: t.Generator().set_offset(4))], [["RuntimeError", "CPU Generator does not use offset"], ["RuntimeError", "CPU Generator does not use offset"]]),
})  # fmt: skip

programs("rare-arguments", {
    "as-subclass": (lambda t: (lambda x: (type(x.as_subclass(t.nn.Parameter)).__name__, type(x.as_subclass(t.Tensor)).__name__, x.as_subclass(t.nn.Parameter)))(t.ones(2)), ["Parameter", "Tensor", [1.0, 1.0]]),
    "dtype-classes": (lambda t: [isinstance(t.float32, t.dtype), isinstance(t.strided, t.layout), isinstance(t.channels_last, t.memory_format), type(t.ones(1).layout) is t.layout], [True, True, True, True]),
    "classes-of-types-cannot-be-made": (lambda t: [_raised(each)[0] for each in (t.dtype, t.layout, t.memory_format)], ["TypeError", "TypeError", "TypeError"]),
    "as_strided_-offset": (lambda t: t.arange(4.0).as_strided_((2,), (1,), storage_offset=2), [2.0, 3.0]),
    "dim-order": (lambda t: [t.ones(2, 3).dim_order(ambiguity_check=True), t.ones(2, 3).t().dim_order(ambiguity_check=False), t.ones(2, 1, 3).dim_order(ambiguity_check=[t.contiguous_format, t.channels_last])], [[0, 1], [1, 0], [0, 1, 2]]),
    "dim-order-ambiguous": (lambda t: _raised(lambda: t.ones(1, 1, 2, 2).dim_order(ambiguity_check=True)), ["RuntimeError", "The tensor does not have unique dim "]),
    "new-device": (lambda t: t.ones(2).new(device=t.ones(1).device), []),
    "new-size": (lambda t: [t.ones(2).new(size=(2, 3)).shape, t.ones(2).new(t.Size([2])).shape], [[2, 3], [2]]),
    "new-other": (lambda t: t.ones(2).new(other=t.arange(3.0)), [0.0, 1.0, 2.0]),
    "resize-channels-last": (lambda t: t.ones(4).resize_(1, 1, 2, 2, memory_format=t.channels_last).stride(), [4, 1, 2, 1]),
    "type-memory-format": (lambda t: [t.ones(1, 2, 2, 2).type(t.float64, memory_format=t.channels_last).stride(), t.ones(2).type(t.float64, memory_format=t.preserve_format).dtype], [[8, 1, 4, 2], "torch.float64"]),
    "cpu-memory-format": (lambda t: t.ones(1, 2, 2, 2).cpu(memory_format=t.preserve_format).stride(), [8, 4, 2, 1]),
    "size-dim": (lambda t: [t.ones(2, 3).size(dim=1), t.ones(2, 3).size(dim=-2)], [3, 2]),
    "empty-channels-last": (lambda t: t.empty(2, 3, 2, 2, memory_format=t.channels_last).stride(), [12, 1, 6, 3]),
    "normal-layout": (lambda t: t.normal(0.0, 1.0, (2,), layout=t.strided).shape, [2]),
    "range": (lambda t: [t.range(start=1, end=3), t.range(0, 3, out=t.empty(0))], [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0]]),
    "triangles": (lambda t: [t.tril_indices(2, 2, requires_grad=False), t.triu_indices(2, 2, requires_grad=False)], [[[0, 1, 1], [0, 0, 1]], [[0, 0, 1], [0, 1, 1]]]),
    "triangles-need-no-gradient": (lambda t: [_raised(lambda: t.tril_indices(2, 2, requires_grad=True)), _raised(lambda: t.triu_indices(2, 2, requires_grad=True))], [["RuntimeError", "Only Tensors of floating point and c"], ["RuntimeError", "Only Tensors of floating point and c"]]),
    "isin": (lambda t: [t.isin(element=1, test_elements=t.tensor([1, 2])), t.isin(t.tensor([1, 2]), test_element=2)], [True, [False, True]]),
    "gather-sparse-grad": (lambda t: (lambda x: (t.gather(x, 0, t.tensor([[0, 1]]), sparse_grad=True).sum().backward(), x.grad.is_sparse, x.grad.to_dense()))(t.ones(2, 2, requires_grad=True)), [None, True, [[1.0, 0.0], [0.0, 1.0]]]),
    "hardtanh-old-names": (lambda t: [t.nn.Hardtanh(max_value=2.0)(t.tensor([-3.0, 3.0])), t.nn.Hardtanh(min_value=-2.0)(t.tensor([-3.0, 3.0]))], [[-1.0, 2.0], [-2.0, 1.0]]),
    "trunc-normal": (lambda t: t.nn.init.trunc_normal_(t.empty(50), std=0.1, a=-0.1, b=0.1).abs().max() <= 0.1, True),
    "enumerate": (lambda t: [t.distributions.Categorical(t.ones(2, 3)).enumerate_support(expand=False), t.distributions.Bernoulli(t.tensor([0.5, 0.5])).enumerate_support(expand=False)], [[[0], [1], [2]], [[0.0], [1.0]]]),
    "sample-shapes": (lambda t: [t.distributions.Normal(0.0, 1.0).rsample(sample_shape=(2,)).shape, t.distributions.Bernoulli(0.5).sample(sample_shape=(2,)).shape], [[2], [2]]),
    "default-type": (lambda t: (t.set_default_tensor_type(t.DoubleTensor), t.tensor(1.0).dtype, t.set_default_tensor_type("torch.FloatTensor"), t.tensor(1.0).dtype, t.set_default_tensor_type(t.FloatTensor))[1:4:2], ["torch.float64", "torch.float32"]),
    "bernoulli-generator": (lambda t: (t.tensor([0.0, 1.0]).bernoulli(generator=t.Generator())), [0.0, 1.0]),
})  # fmt: skip

programs("rare-functions", {
    "no-grad-of-a-function": (lambda t: t.no_grad(lambda: t.is_grad_enabled())(), False),
    "sparse-products-added": (lambda t: _sparse(t).sspaddmm(_sparse(t), t.ones(2, 2), beta=2, alpha=3).to_dense(), [[5.0, 3.0], [19.0, 21.0]]),
    "cosine-embedding-sum": (lambda t: t.cosine_embedding_loss(t.tensor([[1.0, 0.0], [0.0, 2.0]]), t.tensor([[1.0, 0.0], [1.0, 0.0]]), t.tensor([-1.0, 1.0]), reduction=2), 2.0),
    "step-of-a-closure": (lambda t: t.optim.SGD([_leaf(t)], 0.1).step(closure=lambda: t.tensor(3.0)), 3.0),
    "removed-from-more": (lambda t: (lambda extra: (lambda handle: (extra.update({handle.id: 1}), handle.remove(), list(extra))[2])(t.utils.hooks.RemovableHandle(collections.OrderedDict(), extra_dict=extra)))(collections.OrderedDict()), []),
})  # fmt: skip

programs("rare-linalg", {
    "lu": (lambda t: list(t.linalg.lu_factor_ex(t.tensor([[0.0, 1.0], [2.0, 0.0]]), pivot=True)) + list(t.tensor([[0.0, 1.0], [2.0, 0.0]]).lu(pivot=True)), [[[2.0, 0.0], [0.0, 1.0]], [2, 2], 0, [[2.0, 0.0], [0.0, 1.0]], [2, 2]]),
    "svd-values": (lambda t: t.diag(t.tensor([3.0, 2.0])).svd(compute_uv=False).S, [3.0, 2.0]),
    "tensorsolve": (lambda t: t.linalg.tensorsolve(t.eye(6).reshape(2, 3, 2, 3).movedim(0, 2), t.arange(6.0).reshape(3, 2), dims=(1,)), [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]),
}, extensions=("linalg",))  # fmt: skip

programs("rare-derivatives", {
    "setup-context": (lambda t: (lambda x: (_square(t)(x).sum().backward(), x.grad)[1])(_leaf(t)), [2.0, 4.0]),
    "jvp": (lambda t: t.func.jvp(_square(t), (t.tensor([1.0, 2.0]),), (t.tensor([1.0, 3.0]),)), [[1.0, 4.0], [2.0, 12.0]]),
    "jvp-strict": (lambda t: t.func.jvp(lambda x: x * x, (t.tensor([1.0, 2.0]),), (t.tensor([1.0, 3.0]),), strict=False), [[1.0, 4.0], [2.0, 12.0]]),
    "vmap": (lambda t: t.func.vmap(_square(t))(t.tensor([[1.0, 2.0], [3.0, 4.0]])), [[1.0, 4.0], [9.0, 16.0]]),
    "dual": (lambda t: (lambda forward: _within(forward.dual_level(), lambda: (lambda dual: (type(dual).__name__, dual.primal, dual.tangent))(forward.unpack_dual(forward.make_dual(t.ones(2), t.tensor([3.0, 4.0]))))))(t.autograd.forward_ad), ["UnpackedDualTensor", [1.0, 1.0], [3.0, 4.0]]),
    "edge": (lambda t: (lambda y: (lambda edge: (edge.output_nr, edge.node.name(), isinstance(edge, t.autograd.graph.GradientEdge)))(t.autograd.graph.get_gradient_edge(y)))(_leaf(t) * 2), [0, "MulBackward0", True]),
    "only-inputs": (lambda t: (lambda x: t.autograd.grad((x * x).sum(), x, only_inputs=True)[0])(_leaf(t)), [2.0, 4.0]),
    "gradcheck": (lambda t: [t.autograd.gradcheck(lambda x: x * x, (_leaf(t).detach().double().requires_grad_(),), check_backward_ad=False, check_forward_ad=True, check_batched_forward_grad=True), t.autograd.gradcheck(lambda x: x * x, (_leaf(t).detach().double().requires_grad_(),), masked=True)], [True, True]),
    "gradgradcheck": (lambda t: [t.autograd.gradgradcheck(lambda x: x * x, (_leaf(t).detach().double().requires_grad_(),), check_rev_over_rev=False, check_fwd_over_rev=True, check_undefined_grad=False, masked=True)], [True]),
    "enable-grad": (lambda t: (lambda call: (lambda: t.no_grad()(call)())())(t.enable_grad()(lambda: t.is_grad_enabled())), True),
    "tied": (lambda t: (lambda m: [t.func.functional_call(m, {"a": t.tensor([5.0])}, (), tie_weights=each) for each in (True, False)])(_tied(t)), [[10.0], [6.0]]),
    "checkpoint-options": (lambda t: (lambda x: (t.utils.checkpoint.checkpoint(lambda z: z * z, x, use_reentrant=False, determinism_check="none", debug=False, context_fn=t.utils.checkpoint.noop_context_fn).sum().backward(), x.grad)[1])(_leaf(t)), [2.0, 4.0]),
    "checkpoint-debug": (lambda t: (lambda x: (t.utils.checkpoint.checkpoint(lambda z: z * z, x, use_reentrant=False, debug=True).sum().backward(), x.grad)[1])(_leaf(t)), [2.0, 4.0]),
    "noop-contexts": (lambda t: [type(each).__name__ for each in t.utils.checkpoint.noop_context_fn()], ["nullcontext", "nullcontext"]),
})  # fmt: skip

programs("rare-hooks", {
    "to-empty": (lambda t: (lambda m: (m.to_empty(device=t.ones(1).device) is m, m.weight.shape, m.weight.requires_grad))(t.nn.Linear(2, 1)), [True, [1, 2], True]),
    "optimizer-step-is-abstract": (lambda t: _raised(lambda: t.optim.Optimizer([_leaf(t)], {}).step()), ["NotImplementedError", ""]),
    "removable-block": (lambda t: (lambda x: (_within(x.register_hook(lambda g: g * 10), list), (x * 2).sum().backward(), x.grad)[2])(_leaf(t)), [2.0, 2.0]),
    "unserializable": (lambda t: t.utils.hooks.unserializable_hook(lambda: 3)(), 3),
    "warns-of-hooks": (lambda t: (lambda x: (x.register_hook(lambda g: g), _warned(lambda: t.utils.hooks.warn_if_has_hooks(x)))[1])(_leaf(t)), 1),
})  # fmt: skip


@program("rare-derivatives/value/grad-of-edge", [3.0, 3.0])
def _gradient_of_an_edge(t: Any) -> Any:
    y = _leaf(t) * 2
    return t.autograd.grad((y * 3).sum(), t.autograd.graph.get_gradient_edge(y))[0]


@program("rare-hooks/value/removable", [[], True])
def _removable(t: Any) -> Any:
    hooks: Any = collections.OrderedDict()
    handle = t.utils.hooks.RemovableHandle(hooks)
    hooks[handle.id] = 1
    handle.remove()
    return list(hooks), isinstance(handle, t.utils.hooks.RemovableHandle)


programs("rare-sparse", {
    "reductions-of-products": (lambda t: [t.sparse.mm(t.tensor([[1.0, 0.0], [2.0, 3.0]]).to_sparse_csr(), t.tensor([[1.0, -2.0], [4.0, 5.0]]), reduce=each) for each in ("amin", "amax", "sum", "mean")], [[[1.0, -2.0], [2.0, -4.0]], [[1.0, -2.0], [12.0, 15.0]], [[1.0, -2.0], [14.0, 11.0]], [[1.0, -2.0], [7.0, 5.5]]]),
    "products": (lambda t: [t.smm(_sparse(t), t.ones(2, 2)).to_dense(), t.hspmm(_sparse(t), t.ones(2, 2)).to_dense(), t.dsmm(_sparse(t), t.ones(2, 2))], [[[1.0, 1.0], [5.0, 5.0]], [[1.0, 1.0], [5.0, 5.0]], [[1.0, 1.0], [5.0, 5.0]]]),
    "sspaddmm": (lambda t: [t.sspaddmm(_sparse(t), _sparse(t), t.ones(2, 2), beta=2, alpha=3).to_dense(), _sparse(t).sspaddmm(_sparse(t), t.ones(2, 2)).to_dense()], [[[5.0, 3.0], [19.0, 21.0]], [[2.0, 1.0], [7.0, 8.0]]]),
    "sum-dims": (lambda t: [t.sparse.sum(_sparse(t), dim=0).to_dense(), t.sparse.sum(_sparse(t), dim=(0, 1), dtype=t.float64), t.sparse.sum(_sparse(t), dim=1, dtype=t.float64).dtype], [[3.0, 3.0], 6.0, "torch.float64"]),
    "dense-dims": (lambda t: [(each.dense_dim(), each.sparse_dim(), each.to_dense().shape) for each in (t.ones(2, 2, 3).to_sparse_csr(dense_dim=1), t.ones(2, 2, 3).to_sparse_csc(dense_dim=1), t.ones(2, 2, 3).to_sparse_bsr((1, 2), dense_dim=1), t.ones(2, 2, 3).to_sparse_bsc((1, 2), dense_dim=1))], [[1, 2, [2, 2, 3]], [1, 2, [2, 2, 3]], [1, 2, [2, 2, 3]], [1, 2, [2, 2, 3]]]),
    "embedding-padding": (lambda t: (lambda w: (t.embedding(w, t.tensor([0, 1, 1]), padding_idx=0, scale_grad_by_freq=True).sum().backward(), w.grad)[1])(t.ones(3, 2, requires_grad=True)), [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]),
    "embedding-sparse": (lambda t: (lambda w: (t.embedding(w, t.tensor([0, 1, 1]), sparse=True).sum().backward(), w.grad.is_sparse, w.grad.to_dense())[1:])(t.ones(3, 2, requires_grad=True)), [True, [[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]]),
    "embedding-functional": (lambda t: (lambda w: (t.nn.functional.embedding(t.tensor([0, 1, 1]), w, scale_grad_by_freq=True).sum().backward(), w.grad)[1])(t.ones(3, 2, requires_grad=True)), [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]),
    "from-pretrained": (lambda t: t.nn.Embedding.from_pretrained(t.tensor([[3.0, 4.0]]), max_norm=1.0, norm_type=1.0)(t.tensor([0])).round(decimals=5), [[0.4285700023174286, 0.5714300274848938]]),
    "sparse-gradcheck": (lambda t: t.sparse.as_sparse_gradcheck(t.autograd.gradcheck)(lambda x: t.sparse.sum(x), (_sparse(t).double().requires_grad_(),), masked=True), True),
    "sparse-adam-group": (lambda t: (lambda o: (o.add_param_group({"params": [t.ones(1, requires_grad=True)], "lr": 0.5}), [g["lr"] for g in o.param_groups])[1])(t.optim.SparseAdam([_leaf(t)], lr=0.1)), [0.1, 0.5]),
    "sum-dtype": (lambda t: t.sparse.sum(_sparse(t), dtype=t.float64).dtype, "torch.float64"),
})  # fmt: skip

programs("rare-storages", {
    "pinned": (lambda t: t.ones(2).is_pinned(), False),
    "refused-storages": (lambda t: _raised(lambda: t.UntypedStorage("a")), ["RuntimeError", "torch.UntypedStorage(): tried to con"]),
})  # fmt: skip

programs("rare-storages", {
    "storages": (lambda t: [t.ones(2).untyped_storage().nbytes(), isinstance(t.ones(2).untyped_storage(), t.UntypedStorage), t.UntypedStorage(3).nbytes(), isinstance(t.ones(2).storage(), t.TypedStorage)], [8, True, 3, True]),
    "storage-of-bytes": (lambda t: [len(t.UntypedStorage()), t.UntypedStorage([1, 2, 300]).tolist(), _raised(lambda: t.UntypedStorage(2.5)), t.UntypedStorage(2, device=t.ones(1).device).nbytes()], [0, [1, 2, 44], ["RuntimeError", "torch.UntypedStorage(): Expected a s"], 2]),
}, dtypes=("float32", "uint8"))  # fmt: skip
