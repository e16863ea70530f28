import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch

from jium.checkpoint.run import load_weights, save_weights
from jium.errors import ConfigError, DataError
from jium.models.kneser_ney import KneserNey, NgramConfig
from jium.models.ngram_counts import USUAL, discounts
from jium.nn.layout import Layout

START, END, VOCAB = 0, 1, 12


def corpus(n_texts: int = 60, seed: int = 0) -> list[list[int]]:
    """Texts of a chain in which a token is mostly followed by one of two; 11 never occurs."""
    draw = np.random.default_rng(seed)
    texts = []
    for _ in range(n_texts):
        text = [int(draw.integers(2, 11))]
        while draw.random() < 0.85:
            near = 2 + (text[-1] * 3 + int(draw.integers(2))) % 9
            text.append(near if draw.random() < 0.8 else int(draw.integers(2, 11)))
        texts.append(text)
    return texts


def fitted(texts: list[list[int]], order: int, **more) -> KneserNey:
    config = NgramConfig(order=order, vocab_size=VOCAB, start_id=START, **more)
    tokens = np.array([token for text in texts for token in text], np.uint16)
    return KneserNey.fit(config, tokens, np.array([len(text) for text in texts]), END)


class Textbook:
    """Modified Kneser-Ney with tuples in dictionaries, from the formulas."""

    def __init__(self, texts: list[list[int]], order: int, min_count: int = 1) -> None:
        self.order = order
        raw: dict[int, Counter] = {n: Counter() for n in range(1, order + 1)}
        for text in texts:
            whole = (START, *text, END)
            for n in range(1, order + 1):
                for i in range(len(whole) - n + 1):
                    raw[n][whole[i : i + n]] += 1
        del raw[1][(START,)]
        self.counts, self.discounts, self.kept = {}, {}, set()
        for n in range(1, order + 1):
            before = defaultdict(set)
            for gram in raw.get(n + 1, ()):
                before[gram[1:]].add(gram[0])
            self.counts[n] = {g: len(before[g]) if before[g] else c for g, c in raw[n].items()}
            some = [sum(c == k for c in self.counts[n].values()) for k in range(6)]
            taken = [0.5, 1.0, 1.5]
            if all(some[1:4]):
                y = some[1] / (some[1] + 2 * some[2])
                learned = [k - (k + 1) * y * some[k + 1] / some[k] for k in (1, 2, 3)]
                taken = learned if all(d > 0 for d in learned) else taken
            self.discounts[n] = [0, *taken]
            self.kept |= {g for g, c in raw[n].items() if n < 3 or c >= min_count}

    def prob(self, context: tuple[int, ...], token: int) -> float:
        n = len(context) + 1
        shorter = self.prob(context[1:], token) if context else 1 / VOCAB
        own = {g: c for g, c in self.counts[n].items() if g[:-1] == context}
        if not own:
            return shorter
        total = sum(own.values())
        taken = {g: self.discounts[n][min(c, 3)] if g in self.kept else c for g, c in own.items()}
        gram = (*context, token)
        share = own.get(gram, 0) - taken.get(gram, 0)
        return share / total + sum(taken.values()) / total * shorter

    def log_prob(self, text: list[int]) -> float:
        whole = [START, *text, END]
        return sum(
            math.log(self.prob(tuple(whole[max(0, i - self.order + 1) : i]), whole[i]))
            for i in range(1, len(whole))
        )


def log_prob(model: KneserNey, text: list[int]) -> float:
    return float(model.log_probs(torch.tensor([*text, END]), Layout([len(text) + 1])).sum())


def histories(length: int) -> torch.Tensor:
    seen = [[START, *text] for text in corpus() if len(text) >= length]
    unseen = [[11] * length, [2, *[11] * length], [START]]
    return [torch.tensor(row[: length + 1]) for row in [*seen[:20], *unseen]]


@pytest.mark.parametrize(("order", "min_count"), [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 3)])
def test_it_equals_the_textbook(order: int, min_count: int) -> None:
    texts = corpus(200)
    model, book = fitted(texts, order, min_count=min_count), Textbook(texts, order, min_count)
    for text in [*texts[:5], *corpus(10, seed=1), [11], [2, 11, 2, 3], [5] * 9]:
        assert log_prob(model, text) == pytest.approx(book.log_prob(text), rel=1e-5)


@pytest.mark.parametrize(("order", "min_count"), [(1, 1), (2, 1), (3, 1), (5, 1), (5, 2)])
def test_probabilities_after_any_context_add_up_to_one(order: int, min_count: int) -> None:
    model = fitted(corpus(200), order, min_count=min_count)
    for history in histories(order):
        probs = model.next_probs(history[None])
        assert float(probs.sum()) == pytest.approx(1, abs=1e-6)
        assert (probs > 0).all()


def test_the_next_token_is_as_likely_as_the_text_says() -> None:
    model = fitted(corpus(200), 4)
    for text in [*corpus(10, seed=1), [11, 2, 3]]:
        whole = [START, *text, END]
        after = [
            model.next_probs(torch.tensor([whole[:i]]))[0, whole[i]] for i in range(1, len(whole))
        ]
        one = model.log_probs(torch.tensor(whole[1:]), Layout([len(whole) - 1]))
        assert torch.allclose(one, torch.stack(after).log())


def test_texts_packed_together_are_read_apart() -> None:
    model, texts = fitted(corpus(200), 4), corpus(8, seed=2)
    together = model.log_probs(
        torch.tensor([token for text in texts for token in [*text, END]]),
        Layout([len(text) + 1 for text in texts]),
    )
    parts = together.split([len(text) + 1 for text in texts])
    for text, part in zip(texts, parts, strict=True):
        assert float(part.sum()) == pytest.approx(log_prob(model, text))


def test_an_unseen_context_backs_off_to_the_shorter_one() -> None:
    model = fitted(corpus(200), 4)
    known, unknown = torch.tensor([[3, 4]]), torch.tensor([[11, 3, 4]])
    assert torch.equal(model.next_probs(known), model.next_probs(unknown))
    nowhere = model.next_probs(torch.tensor([[11, 11, 11]]))
    level = model.levels[0]
    assert torch.allclose(nowhere[0], (level.share + level.backoff / VOCAB).double())


def test_a_word_of_many_neighbours_is_likelier_alone_than_a_word_of_one() -> None:
    """What Kneser-Ney is for: 3 stands after 2 only, 4 as often, but after many."""
    texts = [[2, 3]] * 9 + [[k, 4] for k in range(2, 11)] + corpus(40)
    alone = fitted(texts, 2).next_probs(torch.tensor([[11]]))[0]
    assert alone[4] > alone[3]


def test_more_context_helps_on_a_text_that_repeats() -> None:
    text = [2, 3, 4, 2, 3, 5] * 40
    bits = [-log_prob(fitted([text] * 3, order), text) for order in (1, 2, 3, 4)]
    assert bits == sorted(bits, reverse=True)


def test_pruning_keeps_fewer_n_grams() -> None:
    whole, pruned = (fitted(corpus(200), 4, min_count=k).config.n_grams for k in (1, 2))
    assert pruned[:2] == whole[:2]
    assert all(p < w for p, w in zip(pruned[2:], whole[2:], strict=True))


def test_lengths_that_pruning_empties_are_left_out(tmp_path) -> None:
    model = fitted([[2, 3, 4, 5]], 4, min_count=2)
    assert len(model.levels) == 2
    save_weights(tmp_path, model)
    again = KneserNey(model.config)
    load_weights(tmp_path, again)
    assert log_prob(again, [2, 3, 7]) == log_prob(model, [2, 3, 7])


@pytest.mark.parametrize("counts", [[], [1, 1, 1], [1] + [2] * 2 + [3] * 9 + [4] * 9])
def test_too_few_n_grams_take_the_usual_discounts(counts: list[int]) -> None:
    assert discounts(np.array(counts, np.int64)) == USUAL


def test_discounts_are_those_of_the_formula() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [100, 30, 12, 8, 5])
    y = 100 / 160
    expected = (1 - 2 * y * 0.3, 2 - 3 * y * 12 / 30, 3 - 4 * y * 8 / 12)
    assert discounts(counts) == pytest.approx(expected)


def test_a_vocabulary_of_millions_and_long_n_grams_do_not_collide() -> None:
    vocab = 2**20
    draw = np.random.default_rng(0)
    tokens = draw.integers(2, vocab, 400)
    config = NgramConfig(order=6, vocab_size=vocab)
    model = KneserNey.fit(config, np.tile(tokens, 2), np.array([400, 400]), END)
    assert model.config.n_grams[1:] == [401, 400, 399, 398, 397]


def test_one_token_is_text_enough() -> None:
    model = fitted([[5]], 3)
    probs = model.next_probs(torch.tensor([[START], [5]]))
    assert probs.argmax(1).tolist() == [5, END]


def test_bad_input_is_said() -> None:
    with pytest.raises(ConfigError, match="order: must be at least 1; got 0"):
        NgramConfig(order=0)
    with pytest.raises(ConfigError, match="min_count: must be at least 1; got 0"):
        NgramConfig(min_count=0)
    with pytest.raises(DataError, match="an n-gram of 5 tokens: the longest has 3"):
        fitted([[5]], 5)
    with pytest.raises(DataError, match="no text to count n-grams in"):
        fitted([], 2)


def test_the_whole_is_the_product_of_its_tokens_over_all_texts_of_three() -> None:
    """Over all texts of up to three tokens, and the rest that is longer, probability is one."""
    config = NgramConfig(order=3, vocab_size=4)
    model = KneserNey.fit(config, np.array([2, 3, 2, 2, 3]), np.array([3, 2]), END)
    ended = sum(
        math.exp(log_prob(model, list(text)))
        for n in range(3)
        for text in itertools.product([0, 2, 3], repeat=n)
    )
    going = sum(
        math.exp(float(model.log_probs(torch.tensor(text), Layout([3])).sum()))
        for text in itertools.product([0, 2, 3], repeat=3)
    )
    assert ended + going == pytest.approx(1, abs=1e-6)
