from random import Random

from hypothesis import given
from hypothesis import strategies as st

from jium.data.duplicates import Seen, fingerprint


@given(st.lists(st.integers(min_value=1, max_value=2**64 - 1) | st.integers(1, 50)))
def test_it_is_a_set(numbers: list[int]) -> None:
    seen, reference = Seen(), set[int]()
    for number in numbers:
        assert seen.add(number) == (number not in reference)
        reference.add(number)
    assert len(seen) == len(reference)
    assert all(number in seen for number in reference)
    assert (2**63 in seen) == (2**63 in reference)


def test_it_grows_within_the_memory_it_promises() -> None:
    seen, random = Seen(), Random(0)
    for count in range(1, 50_001):
        seen.add(random.getrandbits(64) or 1)
        if count > 2000:
            assert 8 * count <= seen.n_bytes <= 16.2 * count
    assert len(seen) == 50_000


@given(st.text(), st.text(), st.text(), st.text())
def test_texts_have_one_fingerprint_if_and_only_if_they_are_equal(
    a: str, b: str, c: str, d: str
) -> None:
    assert (fingerprint(a, b) == fingerprint(c, d)) == ((a, b) == (c, d))
    assert 0 < fingerprint(a) < 2**64


def test_a_fingerprint_is_the_same_in_every_run() -> None:
    assert fingerprint("나는 간다.", "I go.") == 7396375289682739957
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
