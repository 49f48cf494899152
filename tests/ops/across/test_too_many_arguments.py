"""Messages of calls with too many positional arguments count them."""

import pytest

import flambeau as torch

X = torch.ones(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: torch.add(X, 1, 2, 3), r"add\(\) takes 2 positional arguments but 4 were given$"),
        (lambda: torch.mul(X, 1, 2), r"mul\(\) takes 2 positional arguments but 3 were given"),
        (lambda: torch.mul(X, 1, 2, 3), r"mul\(\) takes 2 positional arguments but 4 were given$"),
        (lambda: torch.sin(X, 1, 2), r"sin\(\) takes 1 positional argument but 3 were given$"),
        (lambda: torch.sin(X, 1, out=X), r"sin\(\) takes 1 positional argument but 2 were given"),
        (lambda: torch.ones(2).add_(1, 2, 3), r"add_\(\) takes 2 positional arguments but 4 were given$"),
        (lambda: torch.addcmul(X, X, X, 2, 3), r"addcmul\(\) takes 3 positional arguments but 5 were given$"),
        (lambda: torch.cumsum(X, 0, 1, 2), r"cumsum\(\) takes 2 positional arguments but 4 were given$"),
        (lambda: torch.diag(X, 1, 2), r"diag\(\) takes from 1 to 2 positional arguments but 3 were given"),
        (
            lambda: torch.isclose(X, X, 1, 1, True, 3),
            r"isclose\(\) takes from 2 to 5 positional arguments but 6 were given",
        ),
        (lambda: torch.cat([X], 0, 1), r"cat\(\) takes from 1 to 2 positional arguments but 3 were given"),
    ],
)
def test_they_are_counted(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_name_beside_its_other_is_told():
    with pytest.raises(TypeError, match="or 'input' is given as 'x' too"):
        torch.mul(X, 1, x=2)
