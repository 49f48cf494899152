"""What layers and their functions refuse, in PyTorch's words."""

from ...programs import refusals

refusals("layers", {
    "batch-norm-eps": (lambda t: t.nn.BatchNorm1d(2, eps=0.0)(t.ones(3, 2)), ValueError, "batch_norm eps must be positive during training, but got 0.0"),
    "batch-norm-negative-eps": (lambda t: t.nn.BatchNorm1d(2, eps=-1.0).eval()(t.ones(3, 2)), ValueError, "batch_norm eps must be non-negative, but got -1.0"),
    "batch-norm-one-value": (lambda t: t.nn.functional.batch_norm(t.ones(1), None, None, training=True), ValueError, "Expected more than 1 value per channel when training"),
    "huber-delta": (lambda t: t.nn.HuberLoss(delta=1j), TypeError, "delta must be a float or int, got: <class 'complex'>"),
    "huber-delta-nan": (lambda t: t.nn.HuberLoss(delta=float("nan"))(t.ones(2), t.ones(2)), RuntimeError, "huber_loss does not support non-positive values for delta."),
    "pdist-nan": (lambda t: t.pdist(t.ones(3, 2), float("nan")), RuntimeError, "pdist only supports non-negative p values"),
    "softshrink-range": (lambda t: t.nn.functional.softshrink(t.ones(1), -0.5), RuntimeError, "lambda must be in range [0, 3.40282e+38] for input dtype Float, but found -0.5"),
    "abs-of-bool": (lambda t: t.nn.functional.softsign(t.ones(1, dtype=t.bool)), NotImplementedError, "\"abs_cpu\" not implemented for 'Bool'"),
    "multi-margin-reduction": (lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3), t.ones(2), reduction="all"), ValueError, "all is not a valid value for reduction"),
    "multi-margin-sizes": (lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3), t.ones(2, 3)), RuntimeError, "multi_margin_loss: target tensor should be 1-D"),
    "multilabel-margin-sizes": (lambda t: t.nn.functional.multilabel_margin_loss(t.ones(2, 3), t.ones(3)), RuntimeError, "inconsistent target size: [3] for input of size: [2, 3]"),
    "multilabel-soft-margin-old-name": (lambda t: t.nn.functional.multilabel_soft_margin_loss(t.ones(2, 3), t.ones(2, 3), reduction="elementwise_mean"), ValueError, "elementwise_mean is not valid"),
    "poisson-old-name": (lambda t: t.nn.functional.poisson_nll_loss(t.ones(2), t.ones(2), reduction="elementwise_mean"), ValueError, "elementwise_mean is not a valid value for reduction"),
    "cross-entropy-batch": (lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.ones(3)), ValueError, "Expected input batch_size (2) to match target batch_size (3)."),
    "cross-entropy-no-batch": (lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.tensor(1)), ValueError, "Expected input batch_size (2) to match target batch_size (0)."),
    "cross-entropy-dims": (lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.zeros(2, 1, dtype=t.int64)), RuntimeError, "0D or 1D target tensor expected, multi-target not supported"),
    "cross-entropy-one-sample": (lambda t: t.nn.functional.cross_entropy(t.ones(3), t.tensor([0, 1])), ValueError, "For 1D input, 1D target must have size 1, but got target size: 2"),
    "cross-entropy-images": (lambda t: t.nn.functional.cross_entropy(t.ones(1, 3, 2, 2), t.tensor([1])), RuntimeError, "only batches of spatial targets supported (3D tensors) but got targets of dimension: 1"),
    "cross-entropy-size-of-images": (lambda t: t.nn.functional.cross_entropy(t.ones(1, 3, 2, 2), t.zeros(1, 2, 3, dtype=t.int64)), RuntimeError, "size mismatch (got input: [1, 3, 2, 2] , target: [1, 2, 3]"),
    "nll-integers": (lambda t: t.nn.functional.nll_loss(t.ones(2, 3, dtype=t.int64), t.tensor([0, 1])), NotImplementedError, "\"nll_loss_out_frame\" not implemented for 'Long'"),
    "nll-weights": (lambda t: t.nn.functional.nll_loss(t.ones(2, 3), t.tensor([0, 1]), t.ones(3).double()), RuntimeError, "expected scalar type Float but found Double"),
    "kl-div-target": (lambda t: t.nn.functional.kl_div(t.ones(2), t.tensor([0, 1]), reduction="sum"), RuntimeError, "kl_div: Integral inputs not supported."),
    "logits-target": (lambda t: t.nn.BCEWithLogitsLoss()(t.ones(2), t.tensor([0, 1])), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "logits-weight": (lambda t: t.nn.BCEWithLogitsLoss(weight=t.ones(1, 2))(t.ones(2), t.ones(2)), RuntimeError, "output with shape [2] doesn't match the broadcast shape [1, 2]"),
    "ctc-dims": (lambda t: t.nn.CTCLoss()(t.ones(3), t.tensor([1]), (3,), (1,)), RuntimeError, "Expected 3-dimensional tensor, but got 2-dimensional tensor for argument #1 'log_probs'"),
    "ctc-lengths": (lambda t: t.nn.CTCLoss()(t.ones(3, 1, 2), t.tensor([[1]]), t.ones(1), t.tensor([1])), RuntimeError, "input_lengths must be integral"),
    "linear-no-dims": (lambda t: t.nn.functional.linear(t.tensor(1.0), t.ones(2, 3)), RuntimeError, "both arguments to linear need to be at least 1D, but they are 0D and 2D"),
    "linear-vector": (lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(3), t.ones(4)), RuntimeError, "mat2 must be a matrix, got 1-D tensor"),
    "linear-bias": (lambda t: t.nn.functional.linear(t.ones(2, 2, 3), t.ones(1, 3), t.ones(4)), RuntimeError, "The expanded size of the tensor (1) must match the existing size (4)"),
    "linear-dtype": (lambda t: t.nn.Linear(3, 2)(t.ones(2, 2, 3).double()), RuntimeError, "mat1 and mat2 must have the same dtype, but got Double and Float"),
    "linear-bias-dtype": (lambda t: t.nn.functional.linear(t.ones(2, 2, 3), t.ones(4, 3), t.ones(4).long()), RuntimeError, "self and mat2 must have the same dtype, but got Long and Float"),
    "conv-weight-dims": (lambda t: t.nn.functional.conv1d(t.ones(1, 1, 4), t.ones(1, 2)), RuntimeError, "weight should have at least three dimensions"),
    "conv-same-dims": (lambda t: t.nn.functional.conv2d(t.ones(1, 1, 4, 3), t.ones(1, 2, 2), padding="same"), RuntimeError, "Expected 3-dimensional input for 3-dimensional weight[1, 2, 2], but got 4-dimensional input of size [1, 1, 4, 3] instead"),
    "conv-padding": (lambda t: t.nn.functional.conv2d(t.ones(1, 4, 3), t.ones(1), padding="full"), RuntimeError, "Invalid padding string: 'full'"),
    "embedding-padding": (lambda t: t.nn.functional.embedding(t.tensor([0]), t.ones(2, 2), padding_idx=2), AssertionError, "Padding_idx must be within num_embeddings"),
    "bags-weights": (lambda t: t.nn.functional.embedding_bag(t.tensor([[0]]), t.ones(2, 2), per_sample_weights=t.ones(1, 1).double(), mode="sum"), RuntimeError, "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 'per_sample_weights'"),
}, dtypes=("float32", "float64", "int64", "bool"))  # fmt: skip
refusals("layers", {
    "softshrink-nan": (lambda t: t.nn.functional.softshrink(t.ones(1).half(), float("nan")), RuntimeError, "lambda must be in range [0, 65504] for input dtype Half, but found nan"),
}, dtypes=("float32", "float16"))  # fmt: skip
refusals("layers", {
    "kl-div-complex": (lambda t: t.nn.functional.kl_div(t.ones(2), t.ones(2) * 1j, reduction="sum"), RuntimeError, "kl_div: Complex inputs not supported."),
}, dtypes=("float32", "complex64"))  # fmt: skip
