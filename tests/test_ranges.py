import math

import pytest

from jium.errors import ConfigError
from jium.ranges import above_zero, at_least, finite, share, share_below_one


@pytest.mark.parametrize(
    ("check", "fits", "not_so"),
    [
        (lambda **values: at_least(2, **values), [2, 2.5, math.inf], [1, 1.99, -math.inf]),
        (above_zero, [1e-9, math.inf], [0, -1]),
        (finite, [-1e300, 0], [math.inf, -math.inf]),
        (share, [0, 0.5, 1], [-0.01, 1.01]),
        (share_below_one, [0, 0.99], [-0.01, 1]),
    ],
)
def test_the_first_number_that_does_not_fit_is_named_with_its_value(check, fits, not_so):
    for number in [None, *fits]:
        check(dim=number)

    for number in [*not_so, math.nan]:
        with pytest.raises(ConfigError, match=rf"^beam: must be .*; got {number}\."):
            check(dim=fits[0], beam=number, n=number)
