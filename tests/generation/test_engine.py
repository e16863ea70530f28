"""The engine: whoever else is served, each request gets what it would get alone."""

from collections import Counter
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.errors import ConfigError, DataError
from jium.generation.engine import Engine, Request, Running
from jium.generation.sampling import next_distribution
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout

VOCAB, MAX_LEN, END = 19, 32, 1
LENGTHS = (3, 17, 1, 8, 25, 8, 12, 5)


@cache
def model(positions: Any = "rotary", **more: Any) -> Gpt:
    torch.manual_seed(0)
    sizes: dict[str, Any] = dict(dim=16, n_heads=4, n_kv_heads=2, ffn_dim=24, n_layers=2)
    sizes |= dict(positions=positions, max_len=MAX_LEN, vocab_size=VOCAB) | more
    made = Gpt(GptConfig(**sizes)).eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.4)
    return made


@torch.no_grad()
def logits(ids: list[int], of: Gpt | None = None) -> Tensor:
    """What follows `ids`, the whole read anew."""
    of = of or model()
    return of.output(of(torch.tensor(ids), Layout([len(ids)])))[-1]


def greedily(ids: list[int], n: int, ends: tuple[int, ...] = (), of: Gpt | None = None) -> Any:
    written: list[int] = []
    while len(written) < n and len(ids) + len(written) < MAX_LEN:
        token = int(logits(ids + written, of).argmax())
        if token in ends:
            return written
        written.append(token)
    return written


def prompts(*lengths: int, seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(2, VOCAB, (n,), generator=generator).tolist() for n in lengths]


def asked(ids: list[int], *, ends: tuple[int, ...] = (), **settings: Any) -> Request:
    return Request(ids, GenerationConfig(**{"max_tokens": 6} | settings), ends)


def tokens(running: Running) -> list[int]:
    return [step.token for step in running.steps]


def finish(engine: Engine, *running: Running, most: int = 400) -> list[list[int]]:
    """Go on until these are done."""
    for _ in range(most):
        if all(one.finish_reason for one in running):
            return [tokens(one) for one in running]
        engine.step()
    raise AssertionError("a request does not end")


def alone(request: Request) -> list[int]:
    engine = Engine(model(), 1)
    return finish(engine, engine.submit(request))[0]


# ---------------------------------------------------------------- equal to reading anew


@pytest.mark.parametrize("positions", ["rotary", "learned", "alibi", "sinusoidal", "none"])
@pytest.mark.parametrize("n_slots", [1, 3, 8])
def test_mixed_prompts_are_written_on_as_each_is_alone(positions: Any, n_slots: int) -> None:
    of, rows = model(positions), prompts(*LENGTHS)
    engine = Engine(of, n_slots, prefill_tokens=7)
    running = [engine.submit(asked(ids, ends=(END,))) for ids in rows]
    expected = [greedily(ids, 6, (END,), of) for ids in rows]
    assert finish(engine, *running) == expected
    reasons = ["length" if len(text) == 6 else "stop" for text in expected]
    assert [one.finish_reason for one in running] == reasons
    assert engine.active == engine.waiting == 0


@pytest.mark.parametrize("more", [dict(qk_norm=True, head_dim=6), dict(norm_first=False)])
def test_every_shape_of_a_decoder_is_served(more: dict[str, Any]) -> None:
    of, rows = model(**more), prompts(4, 11, 2)
    engine = Engine(of, 3, prefill_tokens=5)
    running = [engine.submit(asked(ids)) for ids in rows]
    assert finish(engine, *running) == [greedily(ids, 6, (), of) for ids in rows]


@pytest.mark.parametrize("prefix_tokens", [0, 40])
def test_requests_join_at_any_time_and_leave_when_they_are_done(prefix_tokens: int) -> None:
    engine = Engine(model(), 4, prefill_tokens=6, prefix_tokens=prefix_tokens)
    rows, lengths = prompts(*LENGTHS, *LENGTHS, seed=3), (1, 9, 4, 6, 2, 7, 3, 5) * 2
    running = []
    for ids, n in zip(rows, lengths, strict=True):
        running.append(engine.submit(asked(ids, max_tokens=n)))
        engine.step()
    found = finish(engine, *running)
    assert found == [greedily(ids, n) for ids, n in zip(rows, lengths, strict=True)]


def test_a_text_ends_where_the_model_is_full() -> None:
    engine, (ids,) = Engine(model()), prompts(MAX_LEN - 2)
    running = engine.submit(asked(ids, max_tokens=None))
    assert len(finish(engine, running)[0]) == 2
    assert running.finish_reason == "length"


def test_any_of_several_ends_is_no_step() -> None:
    (ids,) = prompts(5)
    text = greedily(ids, 6)
    place = next(i for i, token in enumerate(text) if token not in text[:i] and i > 0)
    engine = Engine(model())
    running = engine.submit(asked(ids, ends=(99, text[place])))
    told = [step for _ in range(place + 1) for _, step in engine.step()]
    assert [step and step.token for step in told] == [*text[:place], None]
    assert running.finish_reason == "stop" and tokens(running) == text[:place]


# ---------------------------------------------------------------- turns


def test_a_step_reads_no_more_of_the_prompts_than_it_may_and_others_go_on() -> None:
    engine, (short, long) = Engine(model(), prefill_tokens=4), prompts(2, 20)
    first, second = engine.submit(asked(short, max_tokens=9)), engine.submit(asked(long))
    for n in range(1, 6):
        assert [one for one, _ in engine.step()] == [first]
        assert second.read == min(4 * n - 2, 20)
    assert {one for one, _ in engine.step()} == {first, second}  # 18 of 20, then the last two


def test_who_comes_first_is_served_first() -> None:
    engine = Engine(model(), 2, prefill_tokens=64)
    running = [engine.submit(asked(ids, max_tokens=3)) for ids in prompts(4, 4, 4, 4, 4)]
    order: list[Running] = []
    while engine.active or engine.waiting:
        assert engine.active <= 2
        order += [one for one, _ in engine.step() if one not in order]
    assert order == running


def test_active_and_waiting_are_counted() -> None:
    engine = Engine(model(), 2)
    for ids in prompts(3, 3, 3):
        engine.submit(asked(ids))
    assert (engine.active, engine.waiting) == (0, 3)
    engine.step()
    assert (engine.active, engine.waiting) == (2, 1)
    assert Engine(model()).step() == []


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("after", [0, 1, 3])
def test_who_is_cancelled_frees_the_slot_at_once_and_nobody_else_notices(
    which: int, after: int
) -> None:
    """One writes, one waits for a slot, one is in the middle of its prompt, in turn."""
    rows = prompts(3, 6, 30, 5)
    engine = Engine(model(), 3, prefill_tokens=5)
    running = [engine.submit(asked(ids, max_tokens=8)) for ids in rows]
    for _ in range(after):
        engine.step()
    before = engine.active + engine.waiting
    engine.cancel(running[which])
    assert engine.active + engine.waiting == before - 1
    engine.cancel(running[which])  # again: nothing
    others = [one for one in running if one is not running[which]]
    expected = [greedily(ids, 8) for i, ids in enumerate(rows) if i != which]
    assert finish(engine, *others) == expected
    assert running[which].finish_reason == "cancelled"
    assert tokens(running[which]) == greedily(rows[which], 8)[: len(running[which].steps)]


# ---------------------------------------------------------------- prompts that begin alike


def test_a_prompt_that_begins_like_an_earlier_one_is_read_from_where_they_part() -> None:
    (base, rest, other) = prompts(16, 4, 6)
    engine = Engine(model(), prefix_tokens=100)
    finish(engine, engine.submit(asked(base + rest)))
    second = engine.submit(asked(base + other))
    engine.step()
    assert engine.prefixes is not None and engine.prefixes.longest(base + other)[0] == 21
    assert finish(engine, second) == [greedily(base + other, 6)]


def test_an_answer_read_back_is_known_too() -> None:
    """As in a chat, where the next prompt holds what was answered."""
    engine, (ids,) = Engine(model(), prefix_tokens=100), prompts(9)
    (text,) = finish(engine, engine.submit(asked(ids)))
    assert engine.prefixes is not None
    assert engine.prefixes.longest([*ids, *text, 5])[0] == len(ids) + len(text) - 1
    more = [*ids, *text, 5]
    assert finish(engine, engine.submit(asked(more))) == [greedily(more, 6)]


@pytest.mark.parametrize("prefix_tokens", [1, 9, 30, 1000])
def test_answers_are_equal_with_and_without_what_is_kept(prefix_tokens: int) -> None:
    bases = prompts(12, 7)
    rows = [bases[i % 2][: 3 + i] + tail for i, tail in enumerate(prompts(*[1, 4, 2] * 4, seed=5))]
    rows += rows[:4]
    engine = Engine(model(), 3, prefill_tokens=6, prefix_tokens=prefix_tokens)
    running = [engine.submit(asked(ids)) for ids in rows]
    assert finish(engine, *running) == [greedily(ids, 6) for ids in rows]
    assert engine.prefixes is not None and engine.prefixes.tokens <= prefix_tokens


# ---------------------------------------------------------------- draws


def test_what_a_request_draws_does_not_depend_on_who_else_is_served() -> None:
    how = dict(temperature=1.3, top_p=0.95, max_tokens=8)
    requests = [asked(ids, seed=i, **how) for i, ids in enumerate(prompts(*LENGTHS))]
    engine = Engine(model(), 5, prefill_tokens=9)
    greedy = [engine.submit(asked(ids)) for ids in prompts(4, 9)]
    running = [engine.submit(request) for request in requests]
    together = finish(engine, *running, *greedy)
    assert together[: len(requests)] == [alone(request) for request in requests]


def test_a_seed_repeats_and_another_differs() -> None:
    (ids,) = prompts(6)
    how = dict(temperature=3.0, max_tokens=12)
    assert alone(asked(ids, seed=4, **how)) == alone(asked(ids, seed=4, **how))
    assert alone(asked(ids, seed=4, **how)) != alone(asked(ids, seed=5, **how))
    assert alone(asked(ids, **how)) != alone(asked(ids, **how))  # without a seed: anew each time


@pytest.mark.parametrize(
    "how",
    [
        dict(temperature=1.0),
        dict(temperature=0.6, top_k=7),
        dict(temperature=1.5, top_p=0.8),
        dict(temperature=1.0, min_p=0.1),
        dict(temperature=1.0, presence_penalty=-2.0, logit_bias={3: 2.0, 5: -100.0}),
    ],
    ids=str,
)
def test_frequencies_fit_the_distribution(how: dict[str, Any]) -> None:
    n, (ids,) = 3000, prompts(6)
    engine = Engine(model(), 500, prefill_tokens=3000)
    running = [engine.submit(asked(ids, seed=i, max_tokens=1, **how)) for i in range(n)]
    counts = Counter(text[0] for text in finish(engine, *running))
    expected = logits(ids)
    for token, bias in how.get("logit_bias", {}).items():
        expected[token] += bias
    probs = next_distribution(expected[None], GenerationConfig(**how))[0].double()
    possible = [i for i in range(VOCAB) if n * probs[i] > 0.05]
    assert set(counts) <= set(probs.nonzero().flatten().tolist())
    squares = sum((counts[i] - n * probs[i].item()) ** 2 / (n * probs[i].item()) for i in possible)
    freedom = torch.tensor((len(possible) - 1) / 2, dtype=torch.double)
    p_value = float(torch.special.gammaincc(freedom, torch.tensor(squares / 2).double()))
    assert len(possible) > 1 and p_value > 0.001


def test_presence_is_taken_once_and_frequency_as_often_as_a_token_was_written() -> None:
    (ids,) = prompts(5)
    written: list[int] = []
    for _ in range(10):
        expected = logits(ids + written)
        for token, times in Counter(written).items():
            expected[token] -= 0.7 + 1.1 * times
        written.append(int(expected.argmax()))
    found = alone(asked(ids, max_tokens=10, presence_penalty=0.7, frequency_penalty=1.1))
    assert found == written != greedily(ids, 10)


def test_a_bias_forbids_and_enforces() -> None:
    (ids,) = prompts(5)
    first = greedily(ids, 1)[0]
    assert alone(asked(ids, logit_bias={first: -100.0}))[0] != first
    assert alone(asked(ids, logit_bias={4: 100.0})) == [4] * 6
    assert alone(asked(ids, logit_bias={4: 100})) == [4] * 6  # a whole number breaks nothing


# ---------------------------------------------------------------- log-probabilities


def test_log_probabilities_are_those_of_the_model_whatever_the_settings() -> None:
    (ids,), engine = prompts(7), Engine(model())
    request = asked(ids, temperature=2.0, top_k=5, seed=1, presence_penalty=1.0)
    request.top_logprobs = 3
    running = engine.submit(request)
    engine.submit(asked(ids))  # one that wants none
    written = finish(engine, running)[0]
    for i, step in enumerate(running.steps):
        expected = logits(ids + written[:i]).log_softmax(-1)
        assert step.logprob == pytest.approx(float(expected[step.token]), abs=1e-4)
        best = expected.topk(3)
        assert [token for token, _ in step.top] == best.indices.tolist()
        assert [value for _, value in step.top] == pytest.approx(best.values.tolist(), abs=1e-4)


def test_log_probabilities_are_kept_only_where_they_are_asked_for() -> None:
    engine, (ids,) = Engine(model()), prompts(4)
    none, chosen = asked(ids), asked(ids)
    chosen.top_logprobs = 0
    running = [engine.submit(none), engine.submit(chosen)]
    finish(engine, *running)
    assert all(step.logprob is None and step.top == [] for step in running[0].steps)
    assert all(step.logprob is not None and step.top == [] for step in running[1].steps)


# ---------------------------------------------------------------- constraints


class Alternating:
    """Even tokens after odd ones and the reverse; over after `n`."""

    def __init__(self, n: int) -> None:
        self.left, self.parity = n, 0

    def allowed(self) -> Tensor:
        return torch.arange(VOCAB) % 2 == self.parity

    def take(self, token: int) -> None:
        self.left, self.parity = self.left - 1, 1 - self.parity

    @property
    def done(self) -> bool:
        return self.left == 0


class Nothing(Alternating):
    def allowed(self) -> Tensor:
        return torch.zeros(VOCAB, dtype=torch.bool)


def test_a_constraint_says_what_may_come_and_when_it_is_over() -> None:
    engine, (ids,) = Engine(model()), prompts(4)
    request = asked(ids, temperature=1.0, seed=0)
    request.constraint = Alternating(5)
    free = engine.submit(asked(ids))
    running = engine.submit(request)
    found = finish(engine, running, free)
    assert [token % 2 for token in found[0]] == [0, 1, 0, 1, 0]
    assert running.finish_reason == "stop" and found[1] == greedily(ids, 6)


def test_a_constraint_that_leaves_nothing_ends_the_text() -> None:
    engine, (ids,) = Engine(model()), prompts(4)
    request = asked(ids)
    request.constraint = Nothing(1)
    running = engine.submit(request)
    assert engine.step() == [(running, None)] and running.finish_reason == "stop"


class Breaking(Alternating):
    """Raises where `place` says, once a token is written."""

    def __init__(self, place: str) -> None:
        super().__init__(5)
        self.place = place

    def allowed(self) -> Tensor:
        assert self.place != "allowed" or self.left == 5, "broken"
        return super().allowed()

    def take(self, token: int) -> None:
        super().take(token)
        assert self.place != "take" or self.left == 4, "broken"


@pytest.mark.parametrize("place", ["allowed", "take"])
def test_a_constraint_that_breaks_ends_its_own_text_alone(place: str) -> None:
    engine, rows = Engine(model(), 3, prefill_tokens=7), prompts(9, 4, 6)
    request = asked(rows[0])
    request.constraint = Breaking(place)
    running = [engine.submit(one) for one in (request, *map(asked, rows[1:]))]
    found = finish(engine, *running)
    assert found[1:] == [greedily(ids, 6) for ids in rows[1:]]
    assert (len(found[0]), running[0].finish_reason) == (1, "error")
    assert str(running[0].error).startswith("broken") and running[1].error is None


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        ([], "nothing to write on"),
        ([3] * MAX_LEN, "the model holds 32"),
        ([VOCAB], "no token 19: the model has 19"),
        ([-1], "no token -1"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_refused_at_once(ids: list[int], error: str) -> None:
    engine = Engine(model())
    with pytest.raises(DataError, match=error):
        engine.submit(asked(ids))
    assert engine.waiting == 0


def test_settings_that_are_no_matter_of_tokens_are_refused() -> None:
    engine = Engine(model())
    for how in (dict(beam=2), dict(n_best=2, temperature=1.0), dict(penalty_alpha=0.5, top_k=3)):
        with pytest.raises(ConfigError, match="is not for the engine"):
            engine.submit(asked([3], **how))
    with pytest.raises(DataError, match="no token 40"):
        engine.submit(asked([3], logit_bias={40: 1.0}))


@pytest.mark.parametrize("key", ["n_slots", "prefill_tokens", "prefix_tokens"])
def test_an_engine_without_room_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: must be at least"):
        Engine(model(), **{key: -1})


def test_models_of_other_kinds_are_served_by_their_decoders(monkeypatch: Any) -> None:
    """A GPT in disguise: it is read through `decoder_for`, one row after another."""
    monkeypatch.setattr("jium.generation.rows.Gpt", type(None))
    engine, rows = Engine(model(), 3, prefill_tokens=6), prompts(*LENGTHS)
    running = [engine.submit(asked(ids, ends=(END,))) for ids in rows]
    assert finish(engine, *running) == [greedily(ids, 6, (END,)) for ids in rows]
