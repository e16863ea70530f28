from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from jium.generation.beam import Hypothesis, beam_search
from jium.generation.decoding import Seq2SeqDecoder, greedy
from jium.models.seq2seq import Seq2Seq
from jium.nn.layout import Layout

Tables = Callable[..., Any]
ALL = 81  # with three words besides EOS, as many prefixes as four tokens can make


def search(
    tables: Tables, sources: list[int], beam: int, limit: int = 4, penalty: float = 0.0, **how: Any
) -> list[list[Hypothesis]]:
    decoder = tables(sources, beam, **how)
    return beam_search(decoder, len(sources), beam, 0, 1, limit, penalty)


def counted(tokens: list[int], limit: int) -> int:
    """The length a text is ranked by: EOS counted, where there was room for it."""
    return min(len(tokens) + 1, limit)


def test_one_beam_is_greedy_search(tables: Tables) -> None:
    sources = list(range(20))
    texts = greedy(tables(sources), 20, 0, 1, 5)
    for penalty in (0.0, 1.0):
        found = search(tables, sources, 1, 5, penalty)
        assert [[h.tokens for h in best] for best in found] == [[text] for text in texts]


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0])
def test_with_room_for_every_prefix_it_finds_the_best_there_is(
    tables: Tables, penalty: float
) -> None:
    sources = [0, 1, 2]
    for source, best in zip(sources, search(tables, sources, ALL, 4, penalty), strict=True):
        everything = tables([source]).everything(source, 4)
        ranked = sorted(
            ((lp / counted(list(text), 4) ** penalty, text) for text, lp in everything.items()),
            reverse=True,
        )
        assert [h.tokens for h in best[:20]] == [list(text) for _, text in ranked[:20]]
        assert [h.score for h in best[:20]] == pytest.approx([s for s, _ in ranked[:20]], abs=1e-4)


def plainly(decoder: Any, source: int, beam: int, limit: int, penalty: float) -> list[list[int]]:
    """Beam search over lists, one source at a time, every continuation looked at."""
    live: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    finished: list[tuple[float, tuple[int, ...]]] = []
    for length in range(1, limit + 1):
        grown = sorted(
            (
                (score + log_prob, (*text, token))
                for score, text in live
                for token, log_prob in enumerate(
                    decoder.logits(source, text).log_softmax(-1).tolist()
                )
            ),
            reverse=True,
        )
        finished += [(s / length**penalty, t[:-1]) for s, t in grown[:beam] if t[-1] == 1]
        live = [(s, t) for s, t in grown if t[-1] != 1][:beam]
        best = sorted(finished, reverse=True)[:beam]
        if len(best) == beam and live[0][0] / length**penalty <= best[-1][0]:
            return [list(text) for _, text in best]
    finished += [(s / limit**penalty, t) for s, t in live]
    return [list(text) for _, text in sorted(finished, reverse=True)[:beam]]


@pytest.mark.parametrize("eager", [0.0, 1.5, 4.0], ids="EOS likelier by e^{}".format)
@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
def test_it_is_the_plain_search_done_for_many_at_once(
    tables: Tables, penalty: float, eager: float
) -> None:
    sources, decoder = list(range(12)), tables(range(12), 3)
    drawn = decoder.logits
    decoder.logits = lambda source, text: drawn(source, text) + eager * torch.eye(4)[1]
    found = beam_search(decoder, 12, 3, 0, 1, 6, penalty)
    expected = [plainly(decoder, source, 3, 6, penalty) for source in sources]
    assert [[h.tokens for h in best] for best in found] == expected


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_the_log_probability_is_that_of_the_text(tables: Tables, penalty: float) -> None:
    sources = list(range(10))
    for source, best in zip(sources, search(tables, sources, 3, 5, penalty), strict=True):
        for tokens, log_prob, score in best:
            ended = tuple(tokens) if len(tokens) == 5 else (*tokens, 1)
            assert log_prob == pytest.approx(tables([0]).log_prob(source, ended), abs=1e-4)
            assert score == pytest.approx(log_prob / counted(tokens, 5) ** penalty, abs=1e-5)


@pytest.mark.parametrize("vocab", [2, 3, 9])
@pytest.mark.parametrize("beam", [2, 3, 5])
def test_hypotheses_come_best_first_and_none_comes_twice(
    tables: Tables, beam: int, vocab: int
) -> None:
    for best in search(tables, list(range(10)), beam, 6, 1.0, vocab=vocab):
        scores = [h.score for h in best]
        assert scores == sorted(scores, reverse=True)
        texts = [tuple(h.tokens) for h in best]
        assert len(set(texts)) == len(texts) == beam
        assert all(1 not in text and len(text) <= 6 for text in texts)


def test_a_batch_gives_what_each_source_gives_alone(tables: Tables) -> None:
    sources = list(range(15))
    decoder = tables(sources, 3)
    together = beam_search(decoder, 15, 3, 0, 1, 6, 1.0)
    alone = [search(tables, [source], 3, 6, 1.0)[0] for source in sources]
    assert together == alone
    assert 0 < decoder.fewest < 15  # some sources were done early, and dropped


def test_a_higher_length_penalty_never_prefers_a_shorter_text(tables: Tables) -> None:
    sources, lengths = list(range(6)), []
    for penalty in (0.0, 0.5, 1.0, 2.0, 4.0):
        best = [texts[0].tokens for texts in search(tables, sources, ALL, 4, penalty)]
        lengths.append([counted(tokens, 4) for tokens in best])
    for shorter, longer in zip(lengths, lengths[1:], strict=False):
        assert all(a <= b for a, b in zip(shorter, longer, strict=True))
    assert sum(lengths[-1]) > sum(lengths[0])


def test_a_wider_beam_never_ranks_below_greedy_where_it_holds_every_prefix(tables: Tables) -> None:
    sources = list(range(6))
    texts = greedy(tables(sources), 6, 0, 1, 4)
    for source, text, best in zip(sources, texts, search(tables, sources, ALL), strict=True):
        ended = tuple(text) if len(text) == 4 else (*text, 1)
        assert best[0].log_prob >= tables([0]).log_prob(source, ended) - 1e-4


def test_words_ruled_out_at_minus_infinity_are_never_written(tables: Tables) -> None:
    decoder = tables([0, 1], 3)
    plain = decoder.logits
    decoder.logits = lambda source, text: plain(source, text).index_fill(
        0, torch.tensor([2]), -torch.inf
    )
    found = beam_search(decoder, 2, 3, 0, 1, 4, 1.0)
    assert all(best for best in found)
    assert all(2 not in h.tokens and h.log_prob > -100 for best in found for h in best)


# ------------------------------------------------------------ with a model that has learned

START, EOS, LIMIT = 1, 2, 8


def questions() -> tuple[torch.Tensor, Layout]:
    layout = Layout([2, 3, 4, 4, 5, 6, 4, 1] * 4)
    generator = torch.Generator().manual_seed(5)
    return torch.randint(3, 12, (layout.tokens,), generator=generator), layout


def decoder(model: Seq2Seq) -> Seq2SeqDecoder:
    source, layout = questions()
    return Seq2SeqDecoder(model, source, layout, LIMIT)


def teacher_forced(model: Seq2Seq, source: torch.Tensor, tokens: list[int]) -> float:
    """The log-probability of a text, EOS at its end where there was room."""
    after = torch.tensor(tokens if len(tokens) == LIMIT else [*tokens, EOS])
    before = torch.cat((torch.tensor([START]), after[:-1]))
    hidden = model(source, Layout([len(source)]), before, Layout([len(before)]))
    return -F.cross_entropy(model.output(hidden), after, reduction="sum").item()


@torch.no_grad()
def test_on_a_model_the_log_probability_is_the_teacher_forced_one(learned: Seq2Seq) -> None:
    source, layout = questions()
    found = beam_search(decoder(learned), layout.batch, 3, START, EOS, LIMIT)
    for part, best in zip(source.split(layout.lengths), found, strict=True):
        for hypothesis in best:
            expected = teacher_forced(learned, part, hypothesis.tokens)
            assert hypothesis.log_prob == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("beam", [2, 4, 8])
@torch.no_grad()
def test_on_a_model_no_beam_falls_below_greedy(learned: Seq2Seq, beam: int) -> None:
    source, layout = questions()
    texts = greedy(decoder(learned), layout.batch, START, EOS, LIMIT)
    found = beam_search(decoder(learned), layout.batch, beam, START, EOS, LIMIT, 0.0)
    gains = [
        best[0].log_prob - teacher_forced(learned, part, text)
        for part, text, best in zip(source.split(layout.lengths), texts, found, strict=True)
    ]
    assert min(gains) > -1e-4 and max(gains) > 0.01


@torch.no_grad()
def test_on_a_model_a_batch_gives_what_each_source_gives_alone(learned: Seq2Seq) -> None:
    source, layout = questions()
    together = beam_search(decoder(learned), layout.batch, 3, START, EOS, LIMIT)
    for part, best in zip(source.split(layout.lengths), together, strict=True):
        alone = Seq2SeqDecoder(learned, part, Layout([len(part)]), LIMIT)
        (expected,) = beam_search(alone, 1, 3, START, EOS, LIMIT)
        assert [h.tokens for h in best] == [h.tokens for h in expected]
        log_probs = [h.log_prob for h in expected]
        assert [h.log_prob for h in best] == pytest.approx(log_probs, abs=1e-4)
