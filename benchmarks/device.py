"""What a GPU is for, beside PyTorch's CUDA: ``python -m benchmarks.device``, with a goal for each row.

A row is measured with one library after the other, so that neither holds memory that the other wants. Devices compute behind
the host's back: before a sample and at its end the host waits for the device, and a sample is long enough for that to be nothing.
The speed is the share of PyTorch's: 1 is as fast, 0.5 takes twice the time. TF32 is off for both, or on for both with ``--tf32``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["ROWS", "Row", "Sizes", "main", "measured"]


@dataclass(frozen=True)
class Sizes:
    """How large the work is.

    Attributes:
        elements: of vectors.
        side: of square matrices.
        rows, columns: of what is normalised; ``classes`` of what cross entropy is taken of.
        images, channels, edge: of what is convolved.
        parameters: how many tensors Adam steps, of ``each`` elements.
        layers, width, heads, length, batch: of the transformer; ``words`` are its vocabulary.
        seconds: how long a sample is.
    """

    elements: int = 1 << 26
    side: int = 4096
    rows: int = 8192
    columns: int = 4096
    classes: int = 16384
    images: int = 32
    channels: int = 64
    edge: int = 56
    parameters: int = 48
    each: int = 1 << 20
    layers: int = 12
    width: int = 768
    heads: int = 12
    length: int = 512
    batch: int = 8
    words: int = 8192
    seconds: float = 0.05


TINY = Sizes(64, 4, 4, 4, 4, 2, 2, 4, 2, 4, 1, 4, 2, 3, 2, 5, 0.0)
"""With which a machine without a GPU tries the rows."""

Setup = Callable[[Any, Sizes], Callable[[], object]]
"""From a library and sizes to what is timed, which gives work to the device."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what it is.
        goal: the share of PyTorch's speed to reach.
        setup: makes what is timed.
        amount: of the sizes, how much is moved or computed, for a rate; None where a rate says nothing.
        unit: of what.
    """

    name: str
    goal: float
    setup: Setup
    amount: Callable[[Sizes], float] | None = None
    unit: str = ""


# -- the rows --------------------------------------------------------------------------------------------------------------


def _vectors(operation: Callable[..., Any], count: int) -> Setup:
    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        operands = [torch.rand(sizes.elements, device="cuda") for _ in range(count)]
        return lambda: operation(torch, *operands)

    return setup


def _half_times_number(torch: Any, sizes: Sizes) -> Callable[[], object]:
    x = torch.rand(sizes.elements, device="cuda").to(torch.float16)
    return lambda: x * 0.3


def _matrix(operation: Callable[..., Any]) -> Setup:
    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        x = torch.rand(sizes.rows, sizes.columns, device="cuda")
        return lambda: operation(torch, x)

    return setup


def _product(dtype: str) -> Setup:
    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        type_ = getattr(torch, dtype)
        a, b = (torch.rand(sizes.side, sizes.side, device="cuda").to(type_) for _ in range(2))
        return lambda: a @ b

    return setup


def _trained(layer: Callable[[Any, Sizes], Any]) -> Setup:
    """A layer and its gradients."""

    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        module = layer(torch, sizes).to("cuda")
        x = torch.rand(sizes.rows, sizes.columns, device="cuda").requires_grad_()
        grad = torch.rand(sizes.rows, sizes.columns, device="cuda")
        return lambda: module(x).backward(grad)

    return setup


def _cross_entropy(torch: Any, sizes: Sizes) -> Callable[[], object]:
    scores = torch.rand(sizes.rows, sizes.classes, device="cuda").requires_grad_()
    targets = torch.randint(0, sizes.classes, (sizes.rows,), device="cuda")
    return lambda: torch.nn.functional.cross_entropy(scores, targets).backward()


def _adam(torch: Any, sizes: Sizes) -> Callable[[], object]:
    parameters = [torch.nn.Parameter(torch.rand(sizes.each, device="cuda")) for _ in range(sizes.parameters)]
    for parameter in parameters:
        parameter.grad = torch.rand(sizes.each, device="cuda")
    return torch.optim.Adam(parameters, 1e-3).step  # type: ignore[no-any-return]


def _convolution(backward: bool) -> Setup:
    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        layer = torch.nn.Conv2d(sizes.channels, sizes.channels, 3, padding=1).to("cuda")
        x = torch.rand(sizes.images, sizes.channels, sizes.edge, sizes.edge, device="cuda")
        if backward:
            x.requires_grad_()
            return lambda: layer(x).sum().backward()
        layer.requires_grad_(False)
        return lambda: layer(x)

    return setup


def _resizing(torch: Any, sizes: Sizes) -> Callable[[], object]:
    x = torch.rand(sizes.images, sizes.channels, sizes.edge, sizes.edge, device="cuda").requires_grad_()
    return lambda: torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear").sum().backward()


def _ctc_loss(torch: Any, sizes: Sizes) -> Callable[[], object]:
    """Half as many labels as steps."""
    steps, samples, labels = sizes.length, sizes.images, max(sizes.length // 2, 1)
    scores = torch.rand(steps, samples, sizes.channels, device="cuda").requires_grad_()
    targets = torch.randint(1, sizes.channels, (samples, labels), device="cuda")
    loss, lengths = torch.nn.CTCLoss(), [[steps] * samples, [labels] * samples]
    return lambda: loss(scores.log_softmax(2), targets, *lengths).backward()


def _few(operation: Callable[..., Any], grad: bool = False) -> Setup:
    """Work so small that nothing but the launches costs."""

    def setup(torch: Any, sizes: Sizes) -> Callable[[], object]:
        a, b = (torch.rand(4, 4, device="cuda").requires_grad_(grad) for _ in range(2))
        return lambda: operation(torch, a, b)

    return setup


def _transformer(torch: Any, sizes: Sizes) -> Callable[[], object]:
    nn = torch.nn
    layer = nn.TransformerEncoderLayer(
        sizes.width, sizes.heads, 4 * sizes.width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    encoder = nn.TransformerEncoder(layer, sizes.layers, enable_nested_tensor=False)
    embedding, head = nn.Embedding(sizes.words, sizes.width), nn.Linear(sizes.width, sizes.words)
    model = nn.ModuleList([embedding, encoder, head]).to("cuda")
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    tokens, targets = (torch.randint(0, sizes.words, (sizes.batch, sizes.length), device="cuda") for _ in range(2))
    mask = nn.Transformer.generate_square_subsequent_mask(sizes.length, device="cuda")

    def step() -> None:
        optimizer.zero_grad()
        scores = head(encoder(embedding(tokens), mask=mask, is_causal=True))
        nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


_FLOAT = 4


def _moved(times: int) -> Callable[[Sizes], float]:
    return lambda sizes: times * _FLOAT * sizes.elements


def _halves(sizes: Sizes) -> float:
    return 2.0 * 2 * sizes.elements


def _table(times: int) -> Callable[[Sizes], float]:
    return lambda sizes: times * _FLOAT * sizes.rows * sizes.columns


def _products(sizes: Sizes) -> float:
    return 2.0 * sizes.side**3


BANDWIDTH, PRODUCT, FUSED, CONVOLUTION, LAUNCH, STEP = 0.9, 0.95, 0.8, 0.5, 0.4, 0.5
"""The goals, by what a row is about; a launch may cost 2.5 times PyTorch's."""

ROWS = (
    Row("elementwise/add", BANDWIDTH, _vectors(lambda torch, a, b: a + b, 2), _moved(3), "B/s"),
    Row("elementwise/mul_", BANDWIDTH, _vectors(lambda torch, a: a.mul_(1.0), 1), _moved(2), "B/s"),
    Row("elementwise/exp", BANDWIDTH, _vectors(lambda torch, a: a.exp(), 1), _moved(2), "B/s"),
    Row("elementwise/gelu", BANDWIDTH, _vectors(lambda torch, a: torch.nn.functional.gelu(a), 1), _moved(2), "B/s"),
    Row("elementwise/half-mul", BANDWIDTH, _half_times_number, _halves, "B/s"),
    Row("reduction/sum", BANDWIDTH, _vectors(lambda torch, a: a.sum(), 1), _moved(1), "B/s"),
    Row("reduction/rows", BANDWIDTH, _matrix(lambda torch, x: x.sum(1)), _table(1), "B/s"),
    Row("reduction/columns", BANDWIDTH, _matrix(lambda torch, x: x.sum(0)), _table(1), "B/s"),
    Row("reduction/amax", BANDWIDTH, _matrix(lambda torch, x: x.amax(1)), _table(1), "B/s"),
    Row("matmul/float32", PRODUCT, _product("float32"), _products, "FLOP/s"),
    Row("matmul/float16", PRODUCT, _product("float16"), _products, "FLOP/s"),
    Row("matmul/bfloat16", PRODUCT, _product("bfloat16"), _products, "FLOP/s"),
    Row("softmax", FUSED, _matrix(lambda torch, x: torch.softmax(x, -1)), _table(2), "B/s"),
    Row("softmax/trained", FUSED, _trained(lambda torch, sizes: torch.nn.Softmax(-1))),
    Row("layer_norm/trained", FUSED, _trained(lambda torch, sizes: torch.nn.LayerNorm(sizes.columns))),
    Row("batch_norm/trained", FUSED, _trained(lambda torch, sizes: torch.nn.BatchNorm1d(sizes.columns))),
    Row("dropout/trained", FUSED, _trained(lambda torch, sizes: torch.nn.Dropout(0.1))),
    Row("ctc_loss/trained", FUSED, _ctc_loss),
    Row("resize/trained", FUSED, _resizing),
    Row("cross_entropy/trained", FUSED, _cross_entropy),
    Row("optimizer/Adam", FUSED, _adam),
    Row("conv2d", CONVOLUTION, _convolution(backward=False)),
    Row("conv2d/trained", CONVOLUTION, _convolution(backward=True)),
    Row("launch/add", LAUNCH, _few(lambda torch, a, b: a + b)),
    Row("launch/matmul", LAUNCH, _few(lambda torch, a, b: a @ b)),
    Row("launch/trained", LAUNCH, _few(lambda torch, a, b: (a * b).sum().backward(), grad=True)),
    Row("transformer/step", STEP, _transformer),
)  # fmt: skip


# -- measuring -------------------------------------------------------------------------------------------------------------

_SAMPLES = 7


def seconds_of(work: Callable[[], object], synchronize: Callable[[], object], sample: float) -> float:
    """The median of the seconds of one call, over samples; the calls before them compile kernels and fill pools."""
    for _ in range(2):
        work()
    calls, taken = 1, 0.0
    while (taken := _sample(work, synchronize, calls)) < sample / 2:
        calls *= 2
    calls = max(1, round(calls * sample / taken))
    return median(_sample(work, synchronize, calls) for _ in range(_SAMPLES)) / calls


def _sample(work: Callable[[], object], synchronize: Callable[[], object], calls: int) -> float:
    synchronize()
    started = time.perf_counter()
    for _ in range(calls):
        work()
    synchronize()
    return time.perf_counter() - started


def _one(row: Row, torch: Any, sizes: Sizes) -> dict[str, Any]:
    """The seconds of a row with one library, and the memory that it kept of the device; what was raised instead."""
    torch.manual_seed(0)
    torch.cuda.empty_cache()
    work: Callable[[], object] | None = None
    try:
        work = row.setup(torch, sizes)
        seconds = seconds_of(work, torch.cuda.synchronize, sizes.seconds)
        return {"seconds": seconds, "memory": int(torch.cuda.memory_reserved())}
    except Exception as error:  # one row that fails is a row, not the end
        what = "lacking" if type(error).__name__ == "UnsupportedError" else "error"
        return {what: f"{type(error).__name__}: {error}"[:400]}
    finally:
        work = None
        gc.collect()


def measured(row: Row, libraries: Sequence[Any], sizes: Sizes) -> dict[str, Any]:
    """What is known of a row: flambeau is the first library, PyTorch the second one if it has a GPU, too."""
    found = [_one(row, torch, sizes) for torch in libraries]
    result: dict[str, Any] = {"name": row.name, "goal": row.goal, "unit": row.unit, "flambeau": found[0]}
    if len(found) > 1:
        result["torch"] = found[1]
    if row.amount is not None:
        for each in found:
            if "seconds" in each:
                each["rate"] = row.amount(sizes) / each["seconds"]
    if all("seconds" in each for each in found) and len(found) > 1:
        result["speed"] = found[1]["seconds"] / found[0]["seconds"]
        result["met"] = result["speed"] >= row.goal
    return result


def _libraries(tf32: bool) -> list[Any]:
    os.environ["CUPY_TF32"] = str(int(tf32))  # which CuPy reads when it is loaded
    import flambeau

    try:
        import torch
    except ImportError:
        return [flambeau]
    if not torch.cuda.is_available():
        return [flambeau]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    return [flambeau, torch]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("--filter", default="", metavar="TEXT", help="only rows whose name contains TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the rows, after each of them")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="measure no further row after so long")
    parser.add_argument("--tf32", action="store_true", help="let both libraries round float32 to TF32 in products")
    parser.add_argument("--tiny", action="store_true", help="sizes that show only whether the rows run")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and save; 1 if a row could not be measured with flambeau, which a missed goal is not."""
    options = _parser().parse_args(arguments)
    rows = [row for row in ROWS if options.filter in row.name]
    if not rows:
        print(f"no row has {options.filter!r} in its name", file=sys.stderr)
        return 2
    libraries, sizes = _libraries(options.tf32), TINY if options.tiny else Sizes()
    results: list[dict[str, Any]] = []
    start = time.monotonic()
    for row in rows:
        if time.monotonic() - start > options.seconds:
            print(f"stopped after {options.seconds:.0f} s: {len(results)} of {len(rows)} rows are measured")
            break
        results.append(measured(row, libraries, sizes))
        print(json.dumps(results[-1]), flush=True)
        if options.json:
            options.json.write_text(json.dumps({"tf32": options.tf32, "rows": results}, indent=1) + "\n")
    return 1 if any("error" in each["flambeau"] for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
