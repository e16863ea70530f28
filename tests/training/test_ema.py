"""The moving average of weights."""

import pytest
import torch
from torch import nn

from jium.training.ema import Ema


def made(values: list[float]) -> nn.Linear:
    model = nn.Linear(len(values), 1, bias=False)
    model.weight.data = torch.tensor([values])
    return model


def test_the_average_is_that_of_the_formula_with_a_warm_start():
    model = made([1.0, -2.0])
    ema, average = Ema(model, 0.5), torch.tensor([[1.0, -2.0]])
    for step in range(1, 30):
        model.weight.data += 0.3 * step
        ema.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * model.weight.data
        torch.testing.assert_close(ema.average[0], average)


def test_inside_the_block_the_model_holds_the_average_and_after_it_its_own_weights():
    model = made([0.0])
    ema = Ema(model, 0.9)
    model.weight.data.fill_(11.0)
    ema.update(1)
    with ema.applied():
        assert model.weight.item() == pytest.approx(11 * (1 - 2 / 11))
    assert model.weight.item() == 11.0


def test_an_error_inside_the_block_still_gives_the_weights_back():
    model = made([3.0])
    ema = Ema(model, 0.9)
    model.weight.data.fill_(5.0)
    with pytest.raises(RuntimeError), ema.applied():
        raise RuntimeError
    assert model.weight.item() == 5.0 and ema.average[0].item() == 3.0


def test_weights_that_are_shared_stay_shared_inside_the_block():
    embedding, output = nn.Embedding(3, 2), nn.Linear(2, 3, bias=False)
    output.weight = embedding.weight
    model = nn.ModuleList([embedding, output])
    ema = Ema(model, 0.9)
    assert len(ema.average) == 1
    with ema.applied():
        assert output.weight is embedding.weight


def test_after_loading_it_goes_on_exactly():
    model = made([1.0])
    ema, other = Ema(model, 0.9), Ema(made([7.0]), 0.9)
    model.weight.data.fill_(2.0)
    ema.update(1)
    other.load(ema.state())
    assert torch.equal(other.average[0], ema.average[0])


def test_statistics_of_batch_norms_are_averaged_like_weights():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4, affine=False))
    ema = Ema(model, 0.5)
    means, variances = [torch.zeros(4)], [torch.ones(4)]
    for step in range(1, 6):
        model(torch.randn(16, 3))
        ema.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        means.append(decay * means[-1] + (1 - decay) * model[1].running_mean)
        variances.append(decay * variances[-1] + (1 - decay) * model[2].running_var)
    live = model[1].running_mean.clone()
    with ema.applied():
        torch.testing.assert_close(model[1].running_mean, means[-1])
        torch.testing.assert_close(model[2].running_var, variances[-1])
        torch.testing.assert_close(model.state_dict()["1.running_mean"], means[-1])
        assert int(model[1].num_batches_tracked) == 5
    assert torch.equal(model[1].running_mean, live)
    other = Ema(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4)), 0.5)
    assert len(other.average) == 2 + 2 + 2 + 4


def test_other_buffers_are_those_of_the_model():
    model = nn.Linear(2, 2)
    model.register_buffer("codes", torch.zeros(3))
    ema = Ema(model, 0.9)
    model.codes += 1
    ema.update(1)
    with ema.applied():
        assert model.codes.tolist() == [1.0, 1.0, 1.0]
        model.codes.fill_(7.0)  # what a look finds out stays
    assert model.codes.tolist() == [7.0, 7.0, 7.0]
