"""Find the two factions of Zachary's karate club with a graph convolution, of which two members' sides are known.

    python examples/karate.py
    python examples/karate.py --plot karate.png      # the members where the network puts them

The graph is a sparse matrix (CSR), and what is learned is more than the weights of the layers: every friendship gets a
strength, by the gradient of the sparse matrix, which is a sparse matrix itself.

The club of 34 members and 78 friendships: Wayne W. Zachary, An Information Flow Model for Conflict and Fission in Small Groups,
Journal of Anthropological Research 33 (1977), 452-473, figure 1 and table 1; the facts are in the public domain. Graph
convolution: Kipf and Welling, Semi-Supervised Classification with Graph Convolutional Networks (2017).
"""

from __future__ import annotations

import argparse
from typing import Any

import flambeau as torch

# Each member with the later members that he is friends with, counted from 1.
FRIENDS = {
    1: (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32), 2: (3, 4, 8, 14, 18, 20, 22, 31),
    3: (4, 8, 9, 10, 14, 28, 29, 33), 4: (8, 13, 14), 5: (7, 11), 6: (7, 11, 17), 7: (17,), 9: (31, 33, 34), 10: (34,),
    14: (34,), 15: (33, 34), 16: (33, 34), 19: (33, 34), 20: (34,), 21: (33, 34), 23: (33, 34), 24: (26, 28, 30, 33, 34),
    25: (26, 28, 32), 26: (32,), 27: (30, 34), 28: (34,), 29: (32, 34), 30: (33, 34), 31: (33, 34), 32: (33, 34), 33: (34,),
}  # fmt: skip
MEMBERS = 34
INSTRUCTOR, PRESIDENT = 0, 33
WITH_THE_INSTRUCTOR = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22}


def club() -> tuple[Any, Any]:
    """The friendships as a CSR matrix, everybody his own friend and scaled by how many there are; and the sides."""
    pairs = [(a - 1, b - 1) for a, others in FRIENDS.items() for b in others]
    coordinates = [*pairs, *((b, a) for a, b in pairs), *((a, a) for a in range(MEMBERS))]
    indices = torch.tensor(coordinates).t()
    graph = torch.sparse_coo_tensor(indices, torch.ones(len(coordinates)), (MEMBERS, MEMBERS)).to_sparse_csr()
    scale = (graph @ torch.ones(MEMBERS)).rsqrt()
    sides = torch.tensor([int(member + 1 not in WITH_THE_INSTRUCTOR) for member in range(MEMBERS)])
    return graph * (scale[:, None] * scale), sides


class Network(torch.nn.Module):
    """Two graph convolutions; a member is described by nothing but who he is."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.members = torch.nn.Parameter(torch.randn(MEMBERS, hidden) / 4)
        self.sides = torch.nn.Linear(hidden, 2)

    def forward(self, graph: Any) -> tuple[Any, Any]:
        """The place of every member, and his scores for the two sides."""
        places = (graph @ (graph @ self.members)).tanh()
        return places, self.sides(places)


def train(epochs: int = 100, hidden: int = 2, strength_lr: float = 0.02) -> tuple[Any, Any, list[float]]:
    """Learn the weights with Adam and the strengths of the friendships by plain descent; the network, the graph, the losses."""
    graph, _ = club()
    graph = graph.requires_grad_()
    network = Network(hidden)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    known, theirs = torch.tensor([INSTRUCTOR, PRESIDENT]), torch.tensor([0, 1])
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        _, scores = network(graph)
        loss = torch.nn.functional.cross_entropy(scores[known], theirs)
        loss.backward()
        optimizer.step()
        graph = (graph.detach() - graph.grad * strength_lr).requires_grad_()  # all three are CSR, of one pattern
        losses.append(loss.item())
    return network, graph, losses


def plot(path: str, places: Any, sides: Any, graph: Any) -> None:
    """Draw the members where the network puts them, coloured by their true sides."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install 'flambeau[plot]'") from None
    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    points = places.detach().tolist()
    rows, columns = graph.detach().to_sparse_coo().indices().tolist()
    for a, b in zip(rows, columns, strict=True):
        axes.plot([points[a][0], points[b][0]], [points[a][1], points[b][1]], color="0.85", linewidth=0.6, zorder=1)
    colours = ["tab:blue" if side == 0 else "tab:orange" for side in sides.tolist()]
    axes.scatter([x for x, _ in points], [y for _, y in points], c=colours, s=120, zorder=2)
    for member, (x, y) in enumerate(points):
        axes.annotate(str(member + 1), (x, y), ha="center", va="center", fontsize=7, color="white", zorder=3)
    axes.set_title("Zachary's karate club, by a graph convolution that knows 1 and 34")
    figure.savefig(path, dpi=110, bbox_inches="tight")
    print(f"wrote {path}")


def main() -> None:
    """Train and say how many members are on the side they really took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--backend", help="the array backend; numpy by default")
    parser.add_argument("--plot", metavar="FILE", help="draw the result (needs matplotlib)")
    options = parser.parse_args()
    if options.backend:
        torch.set_default_backend(options.backend)
    torch.manual_seed(0)
    network, graph, losses = train(options.epochs)
    _, sides = club()
    places, scores = network(graph)
    right = int((scores.argmax(1) == sides).sum())
    print(f"loss: {losses[0]:.4f} at first, {losses[-1]:.4f} after {len(losses)} steps")
    print(f"members on the right side: {right} of {MEMBERS}, of which 2 were known")
    if options.plot:
        plot(options.plot, places, sides, graph)


if __name__ == "__main__":
    main()
