"""What others published for the suites: figures of the hidden test parts, with where they stand.

The figures of a row are in the order of the suite's columns.
"""

from dataclasses import dataclass

from jium.evaluation.suites import GLUE, KLUE, Column, Suite

_BERT = "Devlin et al. (2018), table 1, https://arxiv.org/abs/1810.04805v1"
_KLUE = (
    "Park et al. (2021), https://arxiv.org/abs/2105.09680; https://github.com/KLUE-benchmark/KLUE"
)


@dataclass(frozen=True)
class Published:
    """One system, and what was measured of it."""

    system: str
    values: tuple[float, ...]
    source: str

    def figures(self, suite: Suite) -> dict[Column, float]:
        """Its values by column."""
        return dict(zip(suite.columns, self.values, strict=True))


# The first version of the paper: QNLI was made anew in 2019, and later versions differ in it.
_GLUE_ROWS = {
    "Pre-GPT best": (80.6, 80.1, 66.1, 82.3, 93.2, 35.0, 81.0, 86.0, 61.7),
    "BiLSTM+ELMo+attention": (76.4, 76.1, 64.8, 79.9, 90.4, 36.0, 73.3, 84.9, 56.8),
    "OpenAI GPT": (82.1, 81.4, 70.3, 88.1, 91.3, 45.4, 80.0, 82.3, 56.0),
    "BERT base": (84.6, 83.4, 71.2, 90.1, 93.5, 52.1, 85.8, 88.9, 66.4),
    "BERT large": (86.7, 85.9, 72.1, 91.1, 94.9, 60.5, 86.5, 89.3, 70.1),
}
_KLUE_ROWS = {
    "mBERT base": (81.55, 84.66, 76.00, 73.20, 76.50, 89.23, 44.66, 55.92),
    "XLM-R base": (83.52, 89.16, 82.01, 77.33, 80.37, 92.12, 27.48, 53.93),
    "XLM-R large": (86.06, 92.97, 85.86, 85.93, 82.27, 93.22, 35.99, 66.77),
    "KR-BERT base": (84.58, 88.61, 81.07, 77.17, 74.58, 90.13, 48.28, 58.54),
    "KoELECTRA base": (84.59, 92.46, 84.84, 85.63, 86.11, 92.56, 59.82, 66.05),
    "KLUE-BERT base": (85.73, 90.85, 82.84, 81.63, 83.97, 91.39, 62.32, 68.51),
    "KLUE-RoBERTa small": (84.98, 91.54, 85.16, 79.33, 83.65, 91.14, 57.32, 62.70),
    "KLUE-RoBERTa base": (85.07, 92.50, 85.40, 84.83, 84.60, 91.44, 68.67, 73.98),
    "KLUE-RoBERTa large": (85.69, 93.35, 86.63, 89.17, 85.00, 91.86, 75.58, 80.59),
}
PUBLISHED: dict[str, list[Published]] = {
    GLUE.name: [Published(name, values, _BERT) for name, values in _GLUE_ROWS.items()],
    KLUE.name: [Published(name, values, _KLUE) for name, values in _KLUE_ROWS.items()],
}
