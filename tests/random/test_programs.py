"""Expressions that draw, on flambeau and on PyTorch: the same text, and the same state afterwards; errors by their class."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_TEXT = """
# dropout
M.nn.functional.dropout(x,0.3)
M.nn.functional.dropout(x.t(),0.3)
M.nn.functional.dropout(x,0.0), M.nn.functional.dropout(x,1.0)
M.nn.functional.dropout(x,0.3,False) is x
M.nn.functional.dropout(x.clone(),0.3,inplace=True)
M.nn.functional.dropout(x,1.5)
M.dropout(x,1.5,True)
M.dropout(x.double(),0.7,True)
M.nn.functional.dropout1d(x), M.nn.functional.dropout1d(x[None])
M.nn.functional.dropout1d(x[0])
M.nn.functional.dropout2d(y), M.nn.functional.dropout2d(y[0]), M.nn.functional.dropout2d(x)
M.nn.functional.dropout2d(x[0])
M.nn.functional.dropout3d(y), M.nn.functional.dropout3d(y[None])
M.nn.functional.dropout3d(x)
M.nn.functional.dropout3d(y.clone(), inplace=True), M.nn.functional.dropout1d(x.clone(), inplace=True)
M.nn.functional.alpha_dropout(x,0.4,True), M.nn.functional.alpha_dropout(x,0.4)
M.nn.functional.feature_alpha_dropout(y,0.4,True), M.nn.functional.feature_alpha_dropout(y.clone(),0.4,True,True)
M.nn.Dropout(0.2), M.nn.Dropout2d(), M.nn.AlphaDropout(0.1,True), M.nn.FeatureAlphaDropout()
M.nn.Dropout(0.2)(x)
M.nn.Dropout(0.2).eval()(x)
M.nn.Dropout1d(0.2)(x)
M.nn.Dropout3d(0.2)(y)
M.nn.AlphaDropout()(x)
M.nn.FeatureAlphaDropout()(y)
M.nn.Dropout(-1)
(lambda z: (M.nn.functional.dropout(z,0.5).sum().backward(), z.grad))(x.clone().requires_grad_())
M.nn.functional.dropout(x.clone().requires_grad_(),0.5).grad_fn.name()
M.nn.functional.alpha_dropout(x.clone().requires_grad_(),0.5,True).grad_fn.name()
M.nn.functional.dropout(M.ones(0,3))
M.nn.functional.dropout(M.arange(4),0.5)
M.nn.functional.dropout(M.arange(4).to(M.complex64),0.5)
M.nn.functional.dropout(y.to(memory_format=M.channels_last),0.5)
M.nn.functional.dropout(M.ones(1000),0.1).sum()
M.nn.functional.dropout(x,True)
M.nn.functional.dropout(M.ones(3,1).expand(3,4),0.5)
# functions
M.poisson(M.tensor([0.,0.5,3,9.99,10,55,1e4,1e6]*40))
M.poisson(M.rand(30,20).t()*20)
M.poisson(M.rand(300,dtype=M.float64)*20)
M.poisson(M.ones(3)*-1)
M.poisson(M.arange(3))
M.poisson(M.zeros(0))
M.poisson(M.ones(5).half()*3)
M.binomial(M.full((300,),10.), M.full((300,),0.3))
M.binomial(M.full((300,),100.), M.full((300,),0.3))
M.binomial(M.full((300,),1000.,dtype=M.float64), M.linspace(0,1,300,dtype=M.float64))
M.binomial(M.tensor([0.,1,5,40]), M.tensor([[0.2],[0.7],[1.]]))
M.binomial(M.ones(2), M.ones(2,dtype=M.float64))
M.binomial(M.ones(2,dtype=M.int64), M.ones(2,dtype=M.int64))
M.multinomial(M.rand(50),20)
M.multinomial(M.rand(50),20,True)
M.multinomial(M.rand(4,50),20)
M.multinomial(M.rand(4,50),20,True)
M.multinomial(M.rand(4,50),1), M.multinomial(M.rand(4,50),1,True), M.multinomial(M.rand(50),1)
M.multinomial(M.rand(50,4).t(),3)
M.multinomial(M.rand(4,50,dtype=M.float64),7), M.multinomial(M.rand(4,50,dtype=M.float64),7,True)
M.multinomial(M.ones(5),3)
M.multinomial(M.ones(5),6)
M.multinomial(M.ones(5),0)
M.multinomial(M.ones(2,2,2),1)
M.multinomial(M.arange(5),1)
M.multinomial(M.tensor([1.,-1]),1)
M.multinomial(M.tensor([0.,0]),1)
M.multinomial(M.tensor([[0.,1],[1,0]]),1)
M.multinomial(M.tensor([[1.,1],[0,0]]),1,True)
M.multinomial(M.tensor([1.,float('nan')]),1)
M.multinomial(M.rand(3,0),1)
M.multinomial(M.ones(0),2,True), M.multinomial(M.ones(0,0),2,True)
M.multinomial(M.rand(1000).half(),100,True)
M.multinomial(M.rand(997).bfloat16(),5)
M.multinomial(M.ones(5),3,out=M.empty(3,dtype=M.int64))
M.nn.functional.gumbel_softmax(M.rand(3,4))
M.normal(0,1,(3,)), M.normal(M.zeros(20),1.0), M.normal(0.0,M.ones(20)), M.normal(M.zeros(3,1),M.ones(1,4))
M.rand_like(M.ones(2))
M.randn_like(M.ones(20))
M.randint_like(M.ones(3), 5)
M.rand_like(M.ones(2), generator=M.Generator().manual_seed(42))
M.rand_like(M.arange(3))
M.rand_like(M.arange(3),dtype=M.float64)
M.randperm(0), M.randperm(5,dtype=M.int32), M.randperm(-1)
M.randperm(5,dtype=M.float32), M.randperm(5,out=M.empty(0,dtype=M.int64)).shape
M.randint(10,(3,),dtype=M.float32), M.randint(3,5,(2,2),generator=M.Generator().manual_seed(1))
M.randint(0,10,(3,),M.Generator())
M.rand(3, M.Generator())
M.ones(2, generator=M.Generator())
M.empty(0).poisson
M.bernoulli(M.ones(3)*0.5,generator=M.Generator().manual_seed(42))
M.rand(3,names=None)
M.rand(2,3,dtype=M.bfloat16)
M.randn(40,dtype=M.bfloat16)
M.empty(5,dtype=M.bfloat16).exponential_()
M.empty(5,dtype=M.bfloat16).normal_(), M.empty(50,dtype=M.bfloat16).uniform_(2,3)
M.manual_seed(5) is M.default_generator, M.initial_seed(), M.default_generator.initial_seed()
M.Generator(device='cpu').manual_seed(3).get_state().shape
M.get_rng_state().dtype, M.get_rng_state().shape
M.Generator().manual_seed(2**64)
M.Generator().manual_seed('a')
M.Generator().set_state(M.zeros(3,dtype=M.uint8))
M.Generator().set_state([1])
M.Generator('cuda')
M.Generator('meta')
M.Generator().get_offset()
M.random.get_rng_state().sum() > 0
M.random.initial_seed() == M.initial_seed()
# init
I.eye_(M.empty(3,4))
I.eye_(M.empty(3))
I.dirac_(M.empty(3,2,3)), I.dirac_(M.empty(4,2,3,3),2), I.dirac_(M.empty(2,2,1,2,3))
I.dirac_(M.empty(3,2)),
I.dirac_(M.empty(3,2,2),2)
I.trunc_normal_(M.empty(1000))
I.trunc_normal_(M.empty(10),std=0.02)
I.trunc_normal_(M.empty(100),0.,1.,2.,5.)
I.trunc_normal_(M.empty(100),0.,1.,-0.1,0.1)
I.trunc_normal_(M.empty(30,20).t(),1.,3.,-1,1.5)
I.trunc_normal_(M.empty(100,dtype=M.float64),0.,1.,4.,5.)
I.trunc_normal_(M.empty(100,dtype=M.bfloat16))
I.trunc_normal_(M.empty(100),generator=M.Generator().manual_seed(3))
I.sparse_(M.empty(10,4),0.3), I.sparse_(M.empty(10,4),0.3,generator=M.Generator().manual_seed(3))
I.sparse_(M.empty(10),0.3)
I.xavier_uniform_(M.empty(3, 4, 2))
I.xavier_normal_(M.empty(30, 4), 2.0)
I.kaiming_uniform_(M.empty(3, 4))
I.kaiming_normal_(M.empty(3, 4), mode='fan_out', nonlinearity='relu')
I.uniform_(M.empty(5),1,2), I.normal_(M.empty(50),1,2), I.constant_(M.empty(2),3.), I.ones_(M.empty(2)), I.zeros_(M.empty(2))
I.xavier_uniform_(M.empty(3, 4), generator=M.Generator().manual_seed(3))
I.kaiming_normal_(M.empty(3, 4), generator=M.Generator().manual_seed(3))
I.xavier_uniform_(M.empty(3))
I.kaiming_uniform_(M.empty(3,4),mode='x')
I.calculate_gain('tanh'), I.calculate_gain('leaky_relu',0.2), I.calculate_gain('selu')
I.calculate_gain('x')
M.nn.Linear(7,5).weight, M.nn.Linear(20,30).bias, M.nn.Embedding(5,6).weight
I.kaiming_uniform_(M.empty(0,4))
# distributions
d['N']
d['N'].sample()
d['N'].sample((3,))
d['N'].sample((20,2))
d['N'].rsample((2,))
d['N'].log_prob(M.tensor(0.7))
d['N'].entropy()
d['N'].mean
d['N'].variance
d['N'].stddev
d['N'].mode
d['N'].batch_shape
d['N'].cdf(M.tensor(0.7))
d['N'].icdf(M.tensor(0.7))
d['N2']
d['N2'].sample()
d['N2'].sample((3,))
d['N2'].sample((20,2))
d['N2'].rsample((2,))
d['N2'].log_prob(M.tensor(0.7))
d['N2'].entropy()
d['N2'].mean
d['N2'].variance
d['N2'].stddev
d['N2'].mode
d['N2'].batch_shape
d['N2'].cdf(M.tensor(0.7))
d['N2'].icdf(M.tensor(0.7))
d['LN']
d['LN'].sample()
d['LN'].sample((3,))
d['LN'].sample((20,2))
d['LN'].rsample((2,))
d['LN'].log_prob(M.tensor(0.7))
d['LN'].entropy()
d['LN'].mean
d['LN'].variance
d['LN'].stddev
d['LN'].mode
d['LN'].batch_shape
d['LN'].cdf(M.tensor(0.7))
d['LN'].icdf(M.tensor(0.7))
d['U']
d['U'].sample()
d['U'].sample((3,))
d['U'].sample((20,2))
d['U'].rsample((2,))
d['U'].log_prob(M.tensor([1.5,1.2]))
d['U'].entropy()
d['U'].mean
d['U'].variance
d['U'].stddev
d['U'].mode
d['U'].batch_shape
d['U'].cdf(M.tensor([1.5,1.2]))
d['E']
d['E'].sample()
d['E'].sample((3,))
d['E'].sample((20,2))
d['E'].rsample((2,))
d['E'].log_prob(M.tensor([.3,.4]))
d['E'].entropy()
d['E'].mean
d['E'].variance
d['E'].stddev
d['E'].mode
d['E'].batch_shape
d['E'].cdf(M.tensor([.3,.4]))
d['C']
d['C'].sample()
d['C'].sample((3,))
d['C'].sample((20,2))
d['C'].rsample((2,))
d['C'].log_prob(M.tensor(0.7))
d['C'].entropy()
d['C'].mean
d['C'].variance
d['C'].stddev
d['C'].mode
d['C'].batch_shape
d['C'].cdf(M.tensor(0.7))
d['C'].icdf(M.tensor(0.7))
d['L']
d['L'].sample()
d['L'].sample((3,))
d['L'].sample((20,2))
d['L'].rsample((2,))
d['L'].log_prob(M.tensor(0.7))
d['L'].entropy()
d['L'].mean
d['L'].variance
d['L'].stddev
d['L'].mode
d['L'].batch_shape
d['L'].cdf(M.tensor(0.7))
d['L'].icdf(M.tensor(0.7))
d['B']
d['B'].sample()
d['B'].sample((3,))
d['B'].sample((20,2))
d['B'].rsample((2,))
d['B'].log_prob(M.tensor([1.,0.]))
d['B'].entropy()
d['B'].mean
d['B'].variance
d['B'].stddev
d['B'].mode
d['B'].batch_shape
d['B'].cdf(M.tensor([1.,0.]))
d['B'].icdf(M.tensor([1.,0.]))
d['BL']
d['BL'].sample()
d['BL'].sample((3,))
d['BL'].sample((20,2))
d['BL'].rsample((2,))
d['BL'].log_prob(M.tensor([1.,0.]))
d['BL'].entropy()
d['BL'].mean
d['BL'].variance
d['BL'].stddev
d['BL'].mode
d['BL'].batch_shape
d['BL'].cdf(M.tensor([1.,0.]))
d['BL'].icdf(M.tensor([1.,0.]))
d['G']
d['G'].sample()
d['G'].sample((3,))
d['G'].sample((20,2))
d['G'].rsample((2,))
d['G'].log_prob(M.tensor([1.,0.]))
d['G'].entropy()
d['G'].mean
d['G'].variance
d['G'].stddev
d['G'].mode
d['G'].batch_shape
d['G'].cdf(M.tensor([1.,0.]))
d['G'].icdf(M.tensor([1.,0.]))
d['Bi']
d['Bi'].sample()
d['Bi'].sample((3,))
d['Bi'].sample((20,2))
d['Bi'].rsample((2,))
d['Bi'].log_prob(M.tensor([1.,4.]))
d['Bi'].entropy()
d['Bi'].mean
d['Bi'].variance
d['Bi'].stddev
d['Bi'].mode
d['Bi'].batch_shape
d['Bi'].cdf(M.tensor([1.,4.]))
d['Bi'].icdf(M.tensor([1.,4.]))
d['P']
d['P'].sample()
d['P'].sample((3,))
d['P'].sample((20,2))
d['P'].rsample((2,))
d['P'].log_prob(M.tensor([1.,4.]))
d['P'].entropy()
d['P'].mean
d['P'].variance
d['P'].stddev
d['P'].mode
d['P'].batch_shape
d['P'].cdf(M.tensor([1.,4.]))
d['P'].icdf(M.tensor([1.,4.]))
d['Ca']
d['Ca'].sample()
d['Ca'].sample((3,))
d['Ca'].sample((20,2))
d['Ca'].rsample((2,))
d['Ca'].log_prob(M.tensor([1,0]))
d['Ca'].entropy()
d['Ca'].mean
d['Ca'].variance
d['Ca'].stddev
d['Ca'].mode
d['Ca'].batch_shape
d['Ca'].cdf(M.tensor([1,0]))
d['Ca'].icdf(M.tensor([1,0]))
d['CaL']
d['CaL'].sample()
d['CaL'].sample((3,))
d['CaL'].sample((20,2))
d['CaL'].rsample((2,))
d['CaL'].log_prob(M.tensor(2))
d['CaL'].entropy()
d['CaL'].mean
d['CaL'].variance
d['CaL'].stddev
d['CaL'].mode
d['CaL'].batch_shape
d['CaL'].cdf(M.tensor(2))
d['CaL'].icdf(M.tensor(2))
M.distributions.Normal(0,-1)
M.distributions.Uniform(2,1)
M.distributions.Bernoulli(1.5)
M.distributions.Bernoulli()
M.distributions.Categorical(M.tensor(1.))
d['Ca'].probs
d['Ca'].logits
d['BL'].probs
d['B'].logits
M.distributions.Normal(M.ones(2).requires_grad_(),1.).rsample().requires_grad
M.distributions.Normal(M.ones(2).requires_grad_(),1.).sample().requires_grad
"""
EXPRESSIONS = [line for line in _TEXT.strip().splitlines() if not line.startswith("#")]


def _distributions(module: Any) -> dict[str, Any]:
    d, tensor = module.distributions, module.tensor
    return {
        "N": d.Normal(0, 1), "N2": d.Normal(module.zeros(2), module.ones(2) * 2), "LN": d.LogNormal(module.zeros(3), 0.5),
        "U": d.Uniform(1.0, tensor([2.0, 3.0])), "E": d.Exponential(tensor([1.0, 2.0])), "C": d.Cauchy(0.0, 2.0),
        "L": d.Laplace(1.0, module.ones(3)), "B": d.Bernoulli(tensor([0.3, 0.6])), "BL": d.Bernoulli(logits=tensor([0.3, -0.6])),
        "G": d.Geometric(tensor([0.3, 0.6])), "Bi": d.Binomial(10, tensor([0.3, 0.6])), "P": d.Poisson(tensor([3.0, 20.0])),
        "Ca": d.Categorical(tensor([[1.0, 2, 3], [3, 0, 1]])), "CaL": d.Categorical(logits=tensor([1.0, 2, 3])),
    }  # fmt: skip


def _outcome(module: Any, expression: str) -> tuple[Any, bytes]:
    names = {
        "M": module, "I": module.nn.init, "x": module.arange(12.0).reshape(3, 4) + 1,
        "y": module.arange(48.0).reshape(2, 3, 4, 2) + 1, "d": _distributions(module),
    }  # fmt: skip
    module.manual_seed(7)
    with warnings.catch_warnings(action="ignore"):
        try:
            found: Any = str(eval(expression, names))
        except Exception as error:
            found = error
    return found, bytes(module.get_rng_state().tolist())


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    (found, state), (expected, wanted) = (_outcome(module, expression) for module in (flambeau, torch))
    if isinstance(expected, Exception):
        assert isinstance(found, (RuntimeError, type(expected))), found
    else:
        assert found == expected
    assert state == wanted
