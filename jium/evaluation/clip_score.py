"""Whether drawn pictures show what was asked for, as a CLIP sees it: Hessel et al. (2021),
https://arxiv.org/abs/2104.08718, with a CLIP that was trained here.

Its cosines have a scale of their own, so two figures stand beside them: of real pictures with the
same captions, which is as much as can be asked for, and of drawn pictures with each other's
captions, which is chance.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.evaluation.matching import recalls_of
from jium.tasks.match import Matcher


def clip_score(
    task: Matcher, images: Sequence[Any], texts: Sequence[str], languages: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """For each picture and its text: "clip", 100 max(cosine, 0); "chance", the mean of that with
    the other texts of its language, the same words apart (nan where there is no other); "found",
    whether its text is nearer than all those. Translations say the same, so they are not set
    against each other.

    (The paper's factor of 2.5 is left out, so that 100 is an angle of 0.)
    """
    pictures, words = task.embed(list(images)), task.embed(list(texts))
    cosines = 100 * (pictures @ words.T).clip(min=0)
    own, said = np.diag(cosines).copy(), np.asarray(texts)
    of = np.asarray(languages or [""] * len(own))
    chance, found = np.zeros(len(own)), np.zeros(len(own), bool)
    for language in dict.fromkeys(of.tolist()):
        rows = np.flatnonzero(of == language)
        other = said[rows][:, None] != said[rows]
        sums = np.where(other, cosines[np.ix_(rows, rows)], 0).sum(1)
        chance[rows] = np.where(other.any(1), sums / other.sum(1).clip(min=1), np.nan)
        part = recalls_of(pictures[rows], words[rows], said[rows].tolist(), (1,))
        found[rows] = part["text_at_1"]
    return {"clip": own, "chance": chance, "found": found}
