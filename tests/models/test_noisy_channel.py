import math

import pytest

from jium.errors import ConfigError, DataError
from jium.models.noisy_channel import NoisyChannel, NoisyChannelConfig
from jium.models.word_counts import count, in_context
from jium.models.word_prior import WordPrior, taking

NOUNS = (
    "강아지",
    "고양이",
    "도서관",
    "학교",
    "친구",
    "영화",
    "바다",
    "공원",
    "기차",
    "선생님",
    "책",
    "물",
)
VERBS = ("걸었다", "앉았다", "읽었다", "보았다", "좋아했다", "만났다", "달렸다", "찾았다")


def corpus() -> list[str]:
    """Sentences with every noun, particle and verb, as a corpus of one's own would have."""
    texts = []
    for i in range(600):
        a, b = NOUNS[i % len(NOUNS)], NOUNS[(i * 7 + 3) % len(NOUNS)]
        closed = (ord(a[-1]) - 0xAC00) % 28 != 0
        texts.append(f"{a}{'은' if closed else '는'} {b}에서 같이 {VERBS[i % len(VERBS)]}")
        texts.append(f"나는 {b}{'을' if (ord(b[-1]) - 0xAC00) % 28 else '를'} 많이 {VERBS[i % 5]}")
    return texts


@pytest.fixture(scope="module")
def learned() -> tuple[NoisyChannel, list[str]]:
    return NoisyChannel.learn(NoisyChannelConfig(), corpus())


def test_words_are_counted_with_the_word_before() -> None:
    counts = count(["바다가 좋다 바다가", "바다가 좋다"])
    assert counts.words == {"바다가": 3, "좋다": 2}
    assert counts.pairs == {("바다가", "좋다"): 2}
    assert in_context("하나, 둘 셋") == [("하나", None), ("둘", None), ("셋", "둘")]


def test_stems_end_where_particles_and_endings_begin() -> None:
    ends = count(["학교에서는 재미있다 갔다 책"]).stem_ends
    assert ends == {"학교에서는": (2, "n"), "재미있다": (3, "v"), "갔다": (1, "v"), "책": (1, "n")}


def test_an_unseen_form_of_a_known_stem_is_likelier_than_one_with_the_wrong_particle(
    learned: tuple[NoisyChannel, list[str]],
) -> None:
    prior = learned[0].prior(learned[1])
    assert prior.by_parts("선생님를") == 0 < prior.by_parts("선생님을")
    assert taking("학교", "n").taker == "n"
    assert taking("책", "n").taker == "n+"


def test_probabilities_of_seen_and_unseen_words_are_probabilities(
    learned: tuple[NoisyChannel, list[str]],
) -> None:
    prior = learned[0].prior(learned[1])
    total = sum(math.exp(prior.log_probability(word, None)) for word in learned[1])
    assert 0.5 < total <= 1
    assert prior.log_probability("뷁뷁", None) < prior.log_probability("강아지가", None) < 0
    assert sum(prior.weights) == pytest.approx(1)


def test_weights_fitted_to_seen_words_trust_the_counts() -> None:
    prior = WordPrior(count(corpus())).fitted(in_context(corpus()[0]) * 10)
    assert sum(prior.weights) == pytest.approx(1)
    assert prior.weights[3] < 0.2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("강아지는 공우너에서 같이 앉았다", "강아지는 공원에서 같이 앉았다"),  # swapped keys
        ("나는 도서괂을 많이 읽었다", "나는 도서관을 많이 읽었다"),  # a key too many
        ("고얌이는 바다에서 같이 걸었다", "고양이는 바다에서 같이 걸었다"),  # another key
        ("나는 영화를 마니 보았다", "나는 영화를 많이 보았다"),  # as it sounds
        ("나는 책을 많이 일었다", "나는 책을 많이 읽었다"),  # a key forgotten
        ("친구는 학교애서 가치 달렸다", "친구는 학교에서 같이 달렸다"),  # two words
        ("기차ㅡㄴ 공원에서 같이 걸었다", "기차는 공원에서 같이 걸었다"),  # a broken syllable
    ],
)
def test_planted_typos_are_fixed(
    learned: tuple[NoisyChannel, list[str]], typed: str, meant: str
) -> None:
    guesses = learned[0].search(learned[1]).guesses(typed.split())
    assert " ".join(guess.word for guess in guesses) == meant
    assert all(0.5 < guess.probability <= 1 for guess in guesses)


def test_the_stem_is_corrected_and_a_particle_never_seen_with_it_kept() -> None:
    texts = [text for text in corpus() if "고양이에서" not in text]
    model, words = NoisyChannel.learn(NoisyChannelConfig(), texts)
    assert "고양이에서" not in words
    (guess,) = model.search(words).guesses(["고얌이에서"])
    assert guess.word == "고양이에서"


def test_right_words_stay(learned: tuple[NoisyChannel, list[str]]) -> None:
    search = learned[0].search(learned[1])
    for text in corpus()[:40]:
        assert [guess.word for guess in search.guesses(text.split())] == text.split()
    assert search.guesses([]) == []


def test_a_corpus_without_korean_is_refused() -> None:
    with pytest.raises(DataError, match="no Korean word in the 2 texts"):
        NoisyChannel.learn(NoisyChannelConfig(), ["hello", "123"])


def test_one_word_is_enough_to_learn_from() -> None:
    model, words = NoisyChannel.learn(NoisyChannelConfig(), ["바다"])
    assert words == ["바다"]
    assert [guess.word for guess in model.search(words).guesses(["바다", "뷁"])] == ["바다", "뷁"]


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="confidence: must be between 0 and 1; got 1"):
        NoisyChannelConfig(confidence=1.0)
    with pytest.raises(ConfigError, match="min_count: must be at least 1; got 0"):
        NoisyChannelConfig(min_count=0)
