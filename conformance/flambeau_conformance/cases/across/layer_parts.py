"""Parts of layers that programs call by themselves, and options that are seldom given."""

from __future__ import annotations

from typing import Any

from ...checks import quietly
from ...known import home_of, irregular, linear, with_numbers
from ...programs import programs, refusals

# -- pooling -------------------------------------------------------------------------------------------------------------


def _line(t: Any) -> Any:
    return irregular(t, 1, 1, 6)


programs("pools", {
    "root-max1": (lambda t: t.max_pool1d(input=_line(t), kernel_size=2, stride=1, padding=1, dilation=2, ceil_mode=True), [[[0.6875, -0.3125, 1.4375, 0.4375, 1.4375, 0.4375]]]),
    "root-max1-indices": (lambda t: t.max_pool1d_with_indices(input=_line(t), kernel_size=2, stride=1, padding=1, dilation=2, ceil_mode=True), [[[[0.6875, -0.3125, 1.4375, 0.4375, 1.4375, 0.4375]]], [[[1, 2, 3, 4, 3, 4]]]]),
    "root-max2": (lambda t: t.max_pool2d(input=irregular(t, 1, 4, 4), kernel_size=2, stride=1, padding=1, dilation=2, ceil_mode=True), [[[-0.5625, 1.1875, 0.1875, 1.1875], [0.9375, -0.0625, 1.4375, -0.0625], [-0.3125, 1.4375, 0.4375, 1.4375], [0.9375, -0.0625, 0.9375, -0.0625]]]),
    "root-max3": (lambda t: t.max_pool3d(input=irregular(t, 1, 3, 3, 3), kernel_size=2, stride=2, padding=1, dilation=2, ceil_mode=True), [[[[-0.3125, -0.3125], [-0.3125, -0.3125]], [[-0.3125, -0.3125], [-0.3125, -0.3125]]]]),
    "root-adaptive": (lambda t: t.adaptive_max_pool1d(input=_line(t), output_size=4), [[[[0.6875, 0.6875, 1.4375, 0.4375]]], [[[1, 1, 3, 4]]]]),
    "with-indices1": (lambda t: t.nn.functional.max_pool1d(_line(t), 2, return_indices=True), [[[[0.6875, 1.4375, 0.4375]]], [[[1, 3, 4]]]]),
    "with-indices2": (lambda t: t.nn.functional.max_pool2d(irregular(t, 1, 4, 4), 2, return_indices=True), [[[[0.6875, 1.4375], [0.9375, 1.4375]]], [[[1, 3], [9, 14]]]]),
    "with-indices3": (lambda t: t.nn.functional.max_pool3d(irregular(t, 1, 2, 2, 4), 2, return_indices=True), [[[[[0.9375, 1.4375]]]], [[[[9, 3]]]]]),
    "indices1": (lambda t: t.nn.functional.max_pool1d_with_indices(_line(t), 2, return_indices=True), [[[[0.6875, 1.4375, 0.4375]]], [[[1, 3, 4]]]]),
    "indices2": (lambda t: t.nn.functional.max_pool2d_with_indices(irregular(t, 1, 4, 4), 2, return_indices=True), [[[[0.6875, 1.4375], [0.9375, 1.4375]]], [[[1, 3], [9, 14]]]]),
    "indices3": (lambda t: t.nn.functional.max_pool3d_with_indices(irregular(t, 1, 2, 2, 4), 2, return_indices=True), [[[[[0.9375, 1.4375]]]], [[[[9, 3]]]]]),
    "adaptive-indices1": (lambda t: t.nn.functional.adaptive_max_pool1d_with_indices(_line(t), 2, return_indices=True), [[[[0.6875, 1.4375]]], [[[1, 3]]]]),
    "adaptive-indices2": (lambda t: t.nn.functional.adaptive_max_pool2d_with_indices(irregular(t, 1, 4, 4), 2, return_indices=True), [[[[0.6875, 1.4375], [0.9375, 1.4375]]], [[[1, 3], [9, 14]]]]),
    "adaptive-indices3": (lambda t: t.nn.functional.adaptive_max_pool3d_with_indices(irregular(t, 1, 2, 2, 4), 2, return_indices=True), [[[[[0.6875, 1.4375], [0.4375, 1.1875]], [[0.9375, -0.0625], [0.6875, 1.4375]]]], [[[[1, 3], [4, 6]], [[9, 10], [12, 14]]]]]),
    "dilated1": (lambda t: t.nn.MaxPool1d(2, dilation=3)(_line(t)), [[[1.4375, -0.3125]]]),
    "dilated2": (lambda t: t.nn.MaxPool2d(2, dilation=2)(irregular(t, 1, 4, 4)), [[[-0.0625]]]),
    "undone1": (lambda t: t.nn.functional.max_unpool1d(*t.nn.functional.max_pool1d(_line(t), 2, 2, 1, return_indices=True), 2, padding=1), [[[-1.0625, 0.6875, 0.0, 1.4375, 0.0, -0.5625]]]),
    "undone2": (lambda t: t.nn.functional.max_unpool2d(*t.nn.functional.max_pool2d(irregular(t, 1, 4, 4), 2, 2, 1, return_indices=True), 2, padding=1), [[[-1.0625, 0.6875, 0.0, 1.4375], [0.4375, 0.0, 1.1875, 0.1875], [0.0, 0.0, 0.0, 0.0], [0.6875, 0.0, 1.4375, 0.4375]]]),
    "undone3": (lambda t: t.nn.functional.max_unpool3d(*t.nn.functional.max_pool3d(irregular(t, 1, 2, 2, 2), 2, 2, 1, return_indices=True), 2, padding=1), [[[[-1.0625, 0.6875], [-0.3125, 1.4375]], [[0.4375, -0.5625], [1.1875, 0.1875]]]]),
    "undone-by-layer1": (lambda t: t.nn.MaxUnpool1d(2, padding=1)(*t.nn.MaxPool1d(2, 2, 1, return_indices=True)(_line(t))), [[[-1.0625, 0.6875, 0.0, 1.4375, 0.0, -0.5625]]]),
    "undone-by-layer2": (lambda t: t.nn.MaxUnpool2d(2, padding=1)(*t.nn.MaxPool2d(2, 2, 1, return_indices=True)(irregular(t, 1, 4, 4))), [[[-1.0625, 0.6875, 0.0, 1.4375], [0.4375, 0.0, 1.1875, 0.1875], [0.0, 0.0, 0.0, 0.0], [0.6875, 0.0, 1.4375, 0.4375]]]),
    "undone-by-layer3": (lambda t: t.nn.MaxUnpool3d(2, padding=1)(*t.nn.MaxPool3d(2, 2, 1, return_indices=True)(irregular(t, 1, 2, 2, 2))), [[[[-1.0625, 0.6875], [-0.3125, 1.4375]], [[0.4375, -0.5625], [1.1875, 0.1875]]]]),
})  # fmt: skip

# -- normalisation, tables, losses ------------------------------------------------------------------------------------------


def _rows(t: Any) -> Any:
    return irregular(t, 2, 4)


programs("norms", {
    "root-groups": (lambda t: t.group_norm(_rows(t), num_groups=2, weight=t.ones(4), bias=t.arange(4.0), eps=0.5, cudnn_enabled=False), [[-0.7777777910232544, 1.7777777910232544, 1.2222222089767456, 3.777777671813965], [0.5773502588272095, 0.4226498007774353, 2.57735013961792, 2.422649621963501]]),
    "root-layer": (lambda t: t.layer_norm(_rows(t), [4], weight=t.ones(4), bias=t.arange(4.0), eps=0.5, cudnn_enable=False), [[-1.054092526435852, 1.4216370582580566, 1.5783629417419434, 4.0540924072265625], [0.13245323300361633, 0.07282733917236328, 2.9271726608276367, 2.867546796798706]]),
    "root-rms": (lambda t: t.rms_norm(_rows(t), [4], weight=t.arange(4.0), eps=0.5), [[-0.0, 0.5726370811462402, -0.5205791592597961, 3.591996431350708], [0.0, -0.5658251047134399, 2.3890395164489746, 0.5658251047134399]]),
    "groups": (lambda t: t.nn.functional.group_norm(_rows(t), 2, eps=0.5), [[-0.7777777910232544, 0.7777777910232544, -0.7777777910232544, 0.7777777910232544], [0.5773502588272095, -0.5773502588272095, 0.5773502588272095, -0.5773502588272095]]),
    "local": (lambda t: t.nn.functional.local_response_norm(irregular(t, 1, 4, 2), size=3, alpha=0.5, beta=0.5, k=2.0), [[[-0.7156177163124084, 0.4416519105434418], [-0.20896919071674347, 0.9135667681694031], [0.2895381450653076, -0.3628658652305603], [0.7887054681777954, 0.1306820511817932]]]),
    "synchronised": (lambda t: repr(t.nn.SyncBatchNorm.convert_sync_batchnorm(t.nn.BatchNorm1d(2), process_group=None)), 'SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)'),
})  # fmt: skip


def _bags(t: Any, **options: Any) -> Any:
    return t.embedding_bag(irregular(t, 4, 2), t.tensor([0, 2, 1, 3]), t.tensor([0, 2, 4]), **options)[0]


def _table_slope(t: Any, **options: Any) -> Any:
    """The gradient of a table whose rows are asked for once or twice."""
    table = t.nn.EmbeddingBag(3, 2, mode="sum", **options)
    table(t.tensor([[0, 2, 2]])).sum().backward()
    return table.weight.grad.to_dense()


def _renormed(t: Any) -> Any:
    """The table after a call that shortens its rows, and what the call gives."""
    table = irregular(t, 3, 2)
    found = t.nn.functional.embedding_bag(t.tensor([[0, 2]]), table, max_norm=0.5, norm_type=1.0, mode="sum")
    return table, found


programs("tables", {
    "root": (lambda t: _bags(t, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=t.tensor([1.0, 2.0, 0.5, 3.0]), include_last_offset=True, padding_idx=2), [[-1.0625, 0.6875], [3.40625, 1.28125]]),
    "root-means": (lambda t: t.embedding_bag(irregular(t, 4, 2), t.tensor([0, 2, 1, 3]), t.tensor([0, 2]), scale_grad_by_freq=True, mode=1, sparse=True)[0], [[-0.3125, 0.0625], [0.4375, 0.8125]]),
    "by-frequency": (lambda t: _table_slope(t, scale_grad_by_freq=True), [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]),
    "sparse": (lambda t: _table_slope(t, sparse=True), [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]),
    "renormed": (_renormed, [[[-0.3035714030265808, 0.1964285671710968], [-0.3125, 1.4375], [0.2187499701976776, -0.2812499701976776]], [[-0.0848214328289032, -0.08482140302658081]]]),
    "sparse-function": (lambda t: t.nn.functional.embedding_bag(t.tensor([[0, 2]]), irregular(t, 3, 2).requires_grad_(), sparse=True, mode="sum").detach(), [[-0.625, 0.125]]),
})  # fmt: skip


def _chunks(t: Any) -> Any:
    return t.nn.LinearCrossEntropyOptions(batch_chunk_size=2)


programs("losses", {
    "linear-options": (lambda t: t.nn.functional.linear_cross_entropy(irregular(t, 3, 2), irregular(t, 4, 2), t.tensor([0, 3, 1]), weight=t.arange(1.0, 5), options=_chunks(t)), 2.3130621910095215),
    "linear-by-the-old-name": (lambda t: quietly(lambda: t.nn.functional.linear_cross_entropy(irregular(t, 3, 2), irregular(t, 4, 2), t.tensor([0, 3, 1]), reduction="elementwise_mean")), 1.8986917734146118),
    "linear-layer": (lambda t: with_numbers(t, t.nn.LinearCrossEntropyLoss(2, 4, out_features=(), weight=t.arange(1.0, 5), options=_chunks(t)))(irregular(t, 3, 2), t.tensor([0, 3, 1])), 2.3130621910095215),
    "distance-of-infinity": (lambda t: t.pairwise_distance(_rows(t), _rows(t).flip(0), p=float("inf")), [1.4999990463256836, 1.5000009536743164]),
})  # fmt: skip

# -- recurrent layers ------------------------------------------------------------------------------------------------------


def _exchanged(t: Any) -> Any:
    """The order of two sequences, the other way round."""
    return t.tensor([1, 0])


def _checked(t: Any, name: str, *shape: int) -> Any:
    """What a recurrent layer says of its arguments before it computes."""
    layer = getattr(t.nn, name)(2, 3)
    x, states = t.zeros(*shape), t.zeros(1, shape[1], 3)
    return layer.check_forward_args(x, (states, states) if name == "LSTM" else states, None)


def _cell(t: Any, name: str) -> Any:
    """What a cell of double precision gives."""
    cell = with_numbers(t, getattr(t.nn, name)(2, 2, device=t.zeros(1).device, dtype=t.float64))
    return cell(irregular(t, 1, 2).double())


programs("recurrent", {
    "arguments": (lambda t: _checked(t, "GRU", 4, 2, 2), None),
    "arguments-of-two": (lambda t: _checked(t, "LSTM", 4, 2, 2), None),
    "input": (lambda t: t.nn.GRU(2, 3).check_input(t.zeros(4, 2, 2), None), None),
    "hidden-size": (lambda t: t.nn.GRU(2, 3).check_hidden_size(t.zeros(1, 2, 3), (1, 2, 3)), None),
    "expected-size": (lambda t: t.nn.GRU(2, 3, 2).get_expected_hidden_size(t.zeros(4, 5, 2), None), [2, 5, 3]),
    "expected-cell": (lambda t: t.nn.LSTM(2, 3, 2, proj_size=1).get_expected_cell_size(t.zeros(4, 5, 2), None), [2, 5, 3]),
    "permuted": (lambda t: t.nn.GRU(2, 2).permute_hidden(irregular(t, 1, 2, 2), _exchanged(t)), [[[-0.3125, 1.4375], [-1.0625, 0.6875]]]),
    "permuted-of-two": (lambda t: t.nn.LSTM(2, 2).permute_hidden((irregular(t, 1, 2, 2),) * 2, _exchanged(t)), [[[[-0.3125, 1.4375], [-1.0625, 0.6875]]], [[[-0.3125, 1.4375], [-1.0625, 0.6875]]]]),
    "base": (lambda t: (lambda base: [base.mode, base.hidden_size, [list(weight.shape) for weight in base.parameters()]])(t.nn.RNNBase("GRU", 2, 3)), ['GRU', 3, [[9, 2], [9, 3], [9], [9]]]),
    "cell-base": (lambda t: (lambda base: [base.input_size, list(base.state_dict())])(home_of(t, "nn.modules.rnn").RNNCellBase(2, 3, True, 4)), [2, ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']]),
    "cell": (lambda t: _cell(t, "RNNCell"), [[-0.4803487240780326, 0.9909231365504092]]), "lstm-cell": (lambda t: _cell(t, "LSTMCell"), [[[0.2826254219136375, -0.2121663462075935]], [[0.365764412720291, -0.8858479510887513]]]), "gru-cell": (lambda t: _cell(t, "GRUCell"), [[0.7903792774962595, -0.1403570842179107]]),
})  # fmt: skip


def _packed(t: Any) -> Any:
    return t.nn.utils.rnn.pack_sequence([t.tensor([3.0, 1.0]), t.tensor([2.0])])


def _made(t: Any) -> Any:
    places = t.tensor([1, 0])
    made = t.nn.utils.rnn.PackedSequence(
        t.arange(3.0), batch_sizes=t.tensor([2, 1], device="cpu"), sorted_indices=places, unsorted_indices=places
    )
    return t.nn.utils.rnn.pad_packed_sequence(made)


programs("packed", {
    "made": (_made, [[[1.0, 0.0], [0.0, 2.0]], [1, 2]]),
    "wide": (lambda t: str(_packed(t).cpu(t.zeros(0, dtype=t.float64, device="cpu")).data.dtype).rpartition(".")[2], 'float64'),
    "kinds": (lambda t: [str(getattr(_packed(t), kind)().data.dtype).rpartition(".")[2] for kind in ("byte", "char", "short")], ['uint8', 'int8', 'int16']),
})  # fmt: skip

# -- attention -------------------------------------------------------------------------------------------------------------


def _heads(t: Any) -> Any:
    """Attention as the function that the layer calls, with all it takes."""
    x, mask = irregular(t, 3, 1, 4), t.tensor([[False, False, True]])
    return t.nn.functional.multi_head_attention_forward(
        x, x, x, 4, 2, irregular(t, 12, 4), irregular(t, 12), None, None, False, 0.0, irregular(t, 4, 4), None, training=False,
        key_padding_mask=mask, need_weights=True, attn_mask=None, average_attn_weights=True,
    )  # fmt: skip


def _of_a_kind(t: Any) -> Any:
    attention = home_of(t, "nn.attention")
    with attention.sdpa_kernel(backends=[attention.SDPBackend.MATH], set_priority=False):
        return t.nn.functional.scaled_dot_product_attention(*[irregular(t, 1, 2, 2)] * 3)


programs("attention", {
    "function": (_heads, [[[[3.7133240699768066, -1.4424858093261719, 2.20906400680542, -1.3528317213058472]], [[4.571843147277832, -1.5722788572311401, 0.32097744941711426, -1.2388334274291992]], [[3.7848005294799805, -1.1506998538970947, -0.8249876499176025, -0.6355613470077515]]], [[[0.7034041881561279, 0.2965957820415497, 0.0], [0.6821944117546082, 0.31780552864074707, 0.0], [0.53630131483078, 0.46369868516921997, 0.0]]]]),
    "masks": (lambda t: t.nn.MultiheadAttention(4, 2).merge_masks(None, t.tensor([[False, True]]), irregular(t, 1, 2, 4)), [[[False, True]], 1]),
    "kernel": (_of_a_kind, [[[-0.7246663570404053, 1.0253335237503052], [-0.5788378119468689, 1.1711622476577759]]]),
    "later": (lambda t: t.nn.Transformer.generate_square_subsequent_mask(3, device="cpu", dtype=t.float32).exp(), [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]),
    "custom": (lambda t: t.nn.Transformer(2, 1, custom_encoder=t.nn.Identity(), custom_decoder=t.nn.Bilinear(2, 2, 2)).d_model, 2),
})  # fmt: skip

# -- modules ---------------------------------------------------------------------------------------------------------------


def _shared(t: Any) -> Any:
    """A module with a part that it has twice, and a buffer in it."""
    part = t.nn.BatchNorm1d(1)
    return t.nn.Sequential(part, part)


def _hooked(t: Any) -> Any:
    """What a hook of all modules is told."""
    told: list[Any] = []
    handle = home_of(t, "nn.modules.module").register_module_forward_hook(
        lambda module, args, kwargs, result: told.append([type(module).__name__, len(args), sorted(kwargs)]),
        with_kwargs=True, always_call=True,
    )  # fmt: skip
    t.nn.ReLU()(input=t.zeros(1))
    handle.remove()
    return told


programs("modules", {
    "own-buffers": (lambda t: len(list(_shared(t).buffers(recurse=False))), 0),
    "every-module": (lambda t: [type(each).__name__ for each in _shared(t).modules(remove_duplicate=False)], ['Sequential', 'BatchNorm1d', 'BatchNorm1d']),
    "every-buffer": (lambda t: [name for name, _ in _shared(t).named_buffers(prefix="net", remove_duplicate=False)], ['net.0.running_mean', 'net.0.running_var', 'net.0.num_batches_tracked', 'net.1.running_mean', 'net.1.running_var', 'net.1.num_batches_tracked']),
    "named": (lambda t: [name for name, _ in _shared(t).named_modules(memo=set(), prefix="net")], ['net', 'net.0']),
    "hook": (_hooked, [['ReLU', 0, ['input']]]),
    "compiled": (lambda t: t.nn.Identity().compile(), None),
    "container": (lambda t: quietly(lambda: [name for name, _ in t.nn.Container(first=t.nn.ReLU()).named_children()]), ['first']),
    "empty": (lambda t: (lambda layer: [list(each.shape) for each in layer.parameters()])(linear(t).to_empty(device="cpu", recurse=True)), [[3, 2], [3]]),
    "hardtanh": (lambda t: quietly(lambda: t.nn.Hardtanh(min_value=-0.5, max_value=0.25)(irregular(t, 4))), [-0.5, 0.25, -0.3125, 0.25]),
    "tied": (lambda t: t.nn.utils.stateless.functional_call(linear(t), {"bias": t.zeros(3)}, (t.ones(1, 2),), tie_weights=False), [[-0.375, 1.125, -0.125]]),
})  # fmt: skip


def _made_with_one(name: str) -> Any:
    """Makes a layer that takes no argument with one."""
    return lambda t: getattr(t.nn, name)(1)


def _moved(kind: str) -> Any:
    """Moves a layer to a device of a type that there is not."""
    return lambda t: getattr(t.nn.Linear(1, 1), kind)(0)


_SURPLUS = "positional argument"
refusals("modules", {
    name: (_made_with_one(name), TypeError, _SURPLUS)
    for name in ("LogSigmoid", "Sigmoid", "Softmax2d", "Softsign", "Tanh", "Tanhshrink", "Module")
})  # fmt: skip

# -- what else there is to give ----------------------------------------------------------------------------------------------


def _into(t: Any, name: str, *arguments: Any) -> Any:
    """What a function writes into a tensor that is given, and whether that is what it gives."""
    out = t.zeros(0)
    return getattr(t.nn.functional, name)(*arguments, out=out) is out, out


programs(
    "linear",
    {
        "given": (
            lambda t: _into(t, "linear", irregular(t, 1, 2), irregular(t, 3, 2), irregular(t, 3)),
            [True, [[0.5390625, 2.0078125, -1.1640625]]],
        )
    },
    aspect="out",
)
programs(
    "avg_pool2d",
    {"given": (lambda t: _into(t, "avg_pool2d", irregular(t, 1, 2, 4), 2), [True, [[[-0.125, 0.625]]]])},
    aspect="out",
)
programs(
    "avg_pool3d",
    {"given": (lambda t: _into(t, "avg_pool3d", irregular(t, 1, 2, 2, 4), 2), [True, [[[[0.0, 0.40625]]]]])},
    aspect="out",
)


def _in_chunks(t: Any, policy: str) -> Any:
    options = t.nn.LinearCrossEntropyOptions(
        allow_retain_graph=True, batch_chunk_size=2, chunking_method=None, acc_policy=policy
    )
    return t.nn.functional.linear_cross_entropy(
        irregular(t, 3, 2), irregular(t, 4, 2), t.tensor([0, 3, 1]), options=options
    )


programs("losses", {
    "linear-accurate": (lambda t: _in_chunks(t, "accurate"), 1.8986917734146118), "linear-balanced": (lambda t: _in_chunks(t, "balanced"), 1.8986917734146118),
    "linear-compact": (lambda t: _in_chunks(t, "compact"), 1.8986917734146118),
    "linear-places": (lambda t: with_numbers(t, t.nn.LinearCrossEntropyLoss(2, 4, out_features=(3,)))(irregular(t, 2, 2), t.tensor([[0, 3, 1], [2, 2, 0]])), 2.4448177814483643),
    "l1-by-the-old-name": (lambda t: quietly(lambda: t.nn.L1Loss(reduction="elementwise_mean")(_rows(t), t.zeros(2, 4))), 0.734375),
    "mse-by-the-old-name": (lambda t: quietly(lambda: t.nn.MSELoss(reduction="elementwise_mean")(_rows(t), t.zeros(2, 4))), 0.71484375),
    "entropy-by-the-old-name": (lambda t: quietly(lambda: t.nn.CrossEntropyLoss(reduction="elementwise_mean")(_rows(t), t.tensor([3, 0]))), 0.9986139535903931),
    "likelihood-by-the-old-name": (lambda t: quietly(lambda: t.nn.NLLLoss(reduction="elementwise_mean")(_rows(t).log_softmax(1), t.tensor([3, 0]))), 0.9986139535903931),
    "linear-sums": (lambda t: str(t.nn.LinearCrossEntropyOptions(acc_dtype=t.float32).acc_dtype), 'torch.float32'),
})  # fmt: skip


def _of_mode(t: Any, mode: str) -> Any:
    base = t.nn.RNNBase(
        mode, 2, 3, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True,
        proj_size=1 if mode == "LSTM" else 0, device=t.zeros(1).device, dtype=t.float64,
    )  # fmt: skip
    return [list(weight.shape) for weight in base.parameters()]


def _cell_base(t: Any) -> Any:
    base = home_of(t, "nn.modules.rnn").RNNCellBase(2, 3, False, 1, device=t.zeros(1).device, dtype=t.float64)
    return [str(weight.dtype).rpartition(".")[2] for weight in base.parameters()]


programs("recurrent", {
    "mode-lstm": (lambda t: _of_mode(t, "LSTM"), [[12, 2], [12, 1], [1, 3], [12, 2], [12, 1], [1, 3], [12, 2], [12, 1], [1, 3], [12, 2], [12, 1], [1, 3]]), "mode-relu": (lambda t: _of_mode(t, "RNN_RELU"), [[3, 2], [3, 3], [3, 2], [3, 3], [3, 6], [3, 3], [3, 6], [3, 3]]),
    "mode-tanh": (lambda t: _of_mode(t, "RNN_TANH"), [[3, 2], [3, 3], [3, 2], [3, 3], [3, 6], [3, 3], [3, 6], [3, 3]]), "mode-gru": (lambda t: _of_mode(t, "GRU"), [[9, 2], [9, 3], [9, 2], [9, 3], [9, 6], [9, 3], [9, 6], [9, 3]]),
    "cell-base-options": (_cell_base, ['float64', 'float64']),
})  # fmt: skip
refusals("recurrent", {
    "words": (lambda t: t.nn.GRU(2, 3).check_hidden_size(t.zeros(1, 2, 3), (1, 2, 4), msg="asked {}, got {}"), RuntimeError, "asked (1, 2, 4), got [1, 2, 3]"),
})  # fmt: skip
refusals("modules", {
    kind: (_moved(kind), (RuntimeError, AssertionError), "")
    for kind in ("ipu", "mtia", "xpu")
})  # fmt: skip


def _from_parts(t: Any, gradient: bool) -> Any:
    """Attention whose queries, keys and values have weights of their own, and keys that are given."""
    x = irregular(t, 3, 1, 4)
    weights = [irregular(t, 4, 4).roll(place).requires_grad_(gradient) for place in range(3)]
    found, shares = t.nn.functional.multi_head_attention_forward(
        x, x, x, 4, 2, None, irregular(t, 12), None, None, False, 0.0, irregular(t, 4, 4), None, training=False,
        need_weights=not gradient, attn_mask=t.ones(3, 3).triu(1).bool(), use_separate_proj_weight=True, q_proj_weight=weights[0],
        k_proj_weight=weights[1], v_proj_weight=weights[2], static_k=irregular(t, 2, 3, 2), static_v=irregular(t, 2, 3, 2),
        average_attn_weights=False, is_causal=gradient,
    )  # fmt: skip
    return t.autograd.grad(found.sum(), weights[0])[0] if gradient else (found, shares)


def _in_order(t: Any) -> Any:
    attention = home_of(t, "nn.attention")
    with attention.sdpa_kernel([attention.SDPBackend.MATH, attention.SDPBackend.FLASH_ATTENTION], set_priority=True):
        return t.nn.functional.scaled_dot_product_attention(*[irregular(t, 1, 2, 2)] * 3)


programs(
    "attention",
    {
        "parts": (
            lambda t: _from_parts(t, False),
            [
                [
                    [[1.5, 0.59375, 1.234375, 0.84375]],
                    [[3.009982109069824, -1.6565967798233032, 0.6286804676055908, -1.4954055547714233]],
                    [[0.7198761105537415, 0.6674784421920776, 0.7757714986801147, 0.9443331360816956]],
                ],
                [
                    [
                        [
                            [1.0, 0.0, 0.0],
                            [0.417886346578598, 0.5821136236190796, 0.0],
                            [0.5169851779937744, 0.22950991988182068, 0.2535049021244049],
                        ],
                        [
                            [1.0, 0.0, 0.0],
                            [0.017276091501116753, 0.9827238917350769, 0.0],
                            [0.8642890453338623, 0.031243763864040375, 0.10446721315383911],
                        ],
                    ]
                ],
            ],
        ),
        "order": (_in_order, [[[-0.7246663570404053, 1.0253335237503052], [-0.5788378119468689, 1.1711622476577759]]]),
    },
)
programs(
    "attention",
    {
        "parts": (
            lambda t: _from_parts(t, True),
            [
                [0.2846547067165375, -0.32844775915145874, 0.021896516904234886, 0.3722407817840576],
                [-0.33200889825820923, 0.3830871880054474, -0.02553914673626423, -0.43416550755500793],
                [-0.339947372674942, 0.3870525062084198, 0.07773953676223755, -0.4791763722896576],
                [-0.23573119938373566, 0.2739454507827759, -0.057091616094112396, -0.2952777147293091],
            ],
        )
    },
    aspect="gradient",
)


def _slope_of(t: Any, function: str, *shape: int, **options: Any) -> Any:
    x = irregular(t, *shape).requires_grad_()
    found = getattr(t.nn.functional, function)(x, **options)
    return t.autograd.grad((found[0] if isinstance(found, tuple) else found).sum(), x)[0]


programs("slopes", {
    "local": (lambda t: _slope_of(t, "local_response_norm", 1, 4, 2, size=2), [[[0.9998481273651123, 0.9998728036880493], [0.9999570846557617, 0.9998104572296143], [0.9999358654022217, 0.9998948574066162], [0.9998341798782349, 0.9999842643737793]]]),
    "adaptive": (lambda t: _slope_of(t, "adaptive_max_pool1d_with_indices", 1, 6, output_size=2), [[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]]),
}, aspect="gradient")  # fmt: skip
refusals("slopes", {
    "local": (lambda t: t.nn.functional.local_response_norm(t.zeros(2), 2), ValueError, "Expected 3D or higher dimensionality"),
    "adaptive": (lambda t: t.nn.functional.adaptive_max_pool1d_with_indices(t.zeros(2), 2), RuntimeError, "Expected 2 to 3 dimensions"),
    "heads": (lambda t: t.nn.functional.multi_head_attention_forward(*[t.zeros(3, 1, 4)] * 3, 5, 2, t.zeros(12, 4), None, None, None, False, 0.0, t.zeros(4, 4), None), AssertionError, "was expecting embedding dimension of 5, but got 4"),
})  # fmt: skip


programs("modules", {
    "compiled-with": (lambda t: t.nn.Identity().compile(fullgraph=True), None),
    "emptied": (lambda t: (lambda net: [each.numel() for each in net.parameters()])(t.nn.Sequential(linear(t)).to_empty(device=t.zeros(1).device, recurse=False)), [6, 3]),
    "process-group": (lambda t: repr(t.nn.SyncBatchNorm.convert_sync_batchnorm(t.nn.BatchNorm1d(2), process_group="all")), 'SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)'),
})  # fmt: skip
refusals("resized", {
    "layer": (lambda t: t.nn.Upsample(size=2, mode="lanczos")(t.zeros(1, 1, 2, 2)), ValueError, "Lanczos mode requires antialias=True"),
    "function": (lambda t: quietly(lambda: t.nn.functional.upsample(t.zeros(1, 1, 2, 2), size=2, mode="lanczos")), ValueError, "Lanczos mode requires antialias=True"),
})  # fmt: skip
