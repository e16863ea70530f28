"""What looked at what: the attention of a translator, as a page, a picture or numbers.

Attention is evidence, not proof (Jain and Wallace, 2019, https://arxiv.org/abs/1902.10186): a word
that was looked at need not have mattered, and the page says so.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from jium.config import nearest
from jium.data.batches import PairBatch
from jium.errors import ConfigError, DataError
from jium.explanation.words import Side, make_side, to_words
from jium.files import write_text, write_whole
from jium.models.encoder_decoder import EncoderDecoder, Seq2SeqWeights
from jium.tasks.translate import TYPED, Translator
from jium.text.normalise import clean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["encoder", "decoder", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Table(NamedTuple):
    """One picture as numbers: weights is (rows, columns), and each row sums to 1."""

    rows: list[str]
    columns: list[str]
    weights: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """All attention weights of one text and its translation.

    encoder, decoder, cross: (layers, heads, queries, keys). A row of `decoder` and `cross` is a
    piece of the target as it was written, so before it was read; the keys of `decoder` are what
    stood before it, START first. A recurrent model attends to the source alone: its `encoder` and
    `decoder` have no layer.
    """

    text: str
    translation: str
    reads: Side  # the source, special tokens included
    writes: Side  # the target, and EOS
    start: str  # what the decoder reads first
    encoder: NDArray[np.float32]
    decoder: NDArray[np.float32]
    cross: NDArray[np.float32]
    languages: tuple[str, str] = ("", "")  # of source and target, as in "ko", "en"

    @property
    def source(self) -> list[str]:
        """The pieces that were read, special tokens included."""
        return self.reads.pieces

    @property
    def target(self) -> list[str]:
        """The pieces that were written, EOS included."""
        return self.writes.pieces

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of attention that the model has."""
        return tuple(kind for kind in KINDS if len(getattr(self, kind)))

    def sides(self, kind: Kind) -> tuple[Side, Side]:
        """What stands in the rows (who looks) and the columns (what is looked at) of one kind."""
        rows = self.reads if kind == "encoder" else self.writes
        return rows, self.writes.after(self.start) if kind == "decoder" else self.reads

    def table(
        self,
        kind: Kind = "cross",
        layer: int | None = None,
        head: int | None = None,
        words: bool = True,
    ) -> Table:
        """One kind of attention, of a layer and a head (counted from 0) or the mean over them.

        words: between words; else between the pieces of the tokenizer.
        """
        if kind not in self.kinds:
            raise ConfigError(
                "no kind {kind!r}. Known: {known}.",
                key="kind",
                kind=kind,
                known=", ".join(self.kinds),
            )
        chosen = _choose(_choose(getattr(self, kind), "layer", layer), "head", head)
        rows, columns = self.sides(kind)
        if not words:
            return Table(rows.pieces, columns.pieces, chosen)
        return Table(rows.words, columns.words, to_words(chosen, rows, columns))

    def pairs(
        self, threshold: float = 0.2, layer: int | None = None, head: int | None = None
    ) -> list[tuple[str, str, float]]:
        """(target word, source word, weight) where the first looked at the second with at least
        `threshold` of its attention, in the order of the target.
        """
        rows, columns, weights = self.table(layer=layer, head=head)
        found = np.argwhere(weights >= threshold).tolist()
        return [(rows[i], columns[j], float(weights[i, j])) for i, j in found]

    # ------------------------------------------------------------ to look at

    def html(self) -> str:
        """One page that needs nothing beside it."""
        from jium.explanation.attention_page import page

        return page(self)

    def figure(
        self, kind: Kind = "cross", layer: int | None = None, head: int | None = None
    ) -> "Figure":
        """A heat map of words by matplotlib; see `table`. Raises MissingExtra where that, or a font
        with Hangul, is absent.
        """
        from jium.explanation.attention_figure import draw

        return draw(self, kind, layer, head)

    def png(
        self,
        path: str | Path,
        kind: Kind = "cross",
        layer: int | None = None,
        head: int | None = None,
    ) -> None:
        """Write `figure` to a file."""
        figure = self.figure(kind, layer, head)
        write_whole(Path(path), lambda beside: figure.savefig(beside, format="png"))

    def to_json(self) -> str:
        """Everything, as JSON."""
        weights = {kind: getattr(self, kind).round(5).astype(float).tolist() for kind in KINDS}
        about = {
            "text": self.text,
            "translation": self.translation,
            "languages": list(self.languages),
            "source": vars(self.reads),
            "target": vars(self.writes),
            "start": self.start,
        }
        return json.dumps(about | weights, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write a .html, .png or .json file, as its name ends."""
        path = Path(path)
        match path.suffix.lower():
            case ".html" | ".htm":
                write_text(path, self.html())
            case ".json":
                write_text(path, self.to_json())
            case ".png":
                self.png(path)
            case _:
                raise ConfigError(
                    "{path}: an explanation is saved as .html, .png or .json.", path=path
                )

    def show(self) -> None:
        """Open the page in a browser, or below the cell of a notebook."""
        from jium.explanation.showing import show

        show(self.html())

    def _repr_html_(self) -> str:
        from jium.explanation.showing import framed

        return framed(self.html())


def explain_attention(
    model: Translator,
    text: str,
    *,
    target: str | None = None,
    to: str | None = None,
    tag: str | None = None,
) -> AttentionMap:
    """Where a translator looked as it read `text` and wrote `target` (None: its own translation).

    to, tag: as in `Translator.translate`. The target is fed in as the tokenizer cuts it, and its
    own translation as far as the model can read it.
    Raises DataError where a text is empty or too long for the model.
    """
    if not isinstance(model, Translator) or not isinstance(model.model, EncoderDecoder):
        raise ConfigError(
            "attention explains translators; this is a {kind}.",
            key="method",
            kind=type(model).__name__,
        )
    text = clean(text, TYPED)
    if not text.strip():
        raise DataError("There is nothing to explain: the text is empty.")
    before = _before(model, to, tag)
    own = target is None
    if target is None:
        target = model.translate(text, to=to, tag=tag, n_best=1)
    batch = model.batch([text], [target], [tag or ""], model.direction(to))
    reads = _side(model, text, before, batch.source_layout.time)
    writes = _side(model, target, [], batch.target_layout.time, cut=own)
    weights = _weights(model.model, batch)
    languages = model.languages
    if to == languages[0] != languages[1]:
        languages = (languages[1], languages[0])
    return AttentionMap(
        text,
        target,
        reads,
        writes,
        _special(model, [model.format.start_id])[0],
        _stacked(weights.encoder.own),
        _stacked(weights.decoder.own),
        _stacked(weights.decoder.cross),
        languages,
    )


def _before(model: Translator, to: str | None, tag: str | None) -> list[str]:
    """The special tokens that stand before a text."""
    if tag is not None and tag not in model.tags:
        raise ConfigError(
            "no tag {tag!r}.{near} Known: {known}.",
            key="tag",
            tag=tag,
            near=nearest(tag, model.tags),
            known=", ".join(model.tags) or "-",
        )
    number = -1 if tag is None else model.tags[tag]
    around = model.format.source([], number, model.direction(to))
    return _special(model, around[:-1].astype(int).tolist())


def _side(model: Translator, text: str, before: list[str], length: int, cut: bool = False) -> Side:
    """The pieces of a text of which the model was given `length`, special ones included.

    cut: leave out what it was not given; else that is an error.
    """
    pieces, spans = model.tokenizer.tokens(text), model.tokenizer.offsets(text)
    room = length - len(before) - 1
    if len(pieces) > room and not cut:
        raise DataError(
            "This text is longer than the model takes ({room} tokens); explain one sentence at a "
            "time: {text}",
            room=model.model.config.max_len,
            text=text[:40],
        )
    end = _special(model, [model.format.eos_id])
    return make_side(text, pieces[:room], spans[:room], before, end)


def _special(model: Translator, numbers: list[int]) -> list[str]:
    return [model.tokenizer.backend.id_to_token(number) or str(number) for number in numbers]


@torch.inference_mode()
def _weights(model: EncoderDecoder, batch: PairBatch) -> Seq2SeqWeights:
    """The attention of one pass over a batch, as in use: without dropout."""
    weights, was_training = Seq2SeqWeights(), model.training
    model.eval()
    try:
        memory = model.encode(batch.source, batch.source_layout, weights)
        model.decode(
            batch.target_in, batch.target_layout, memory, batch.source_layout, weights=weights
        )
    finally:
        model.train(was_training)
    return weights


def _stacked(layers: list[torch.Tensor]) -> NDArray[np.float32]:
    """One text of each layer, as (layers, heads, queries, keys)."""
    if not layers:
        return np.empty((0, 0, 0, 0), np.float32)
    return torch.stack([layer[0] for layer in layers]).float().cpu().numpy()


def _choose(weights: NDArray, name: str, number: int | None) -> NDArray:
    """One of the first axis, or the mean over it."""
    if number is None:
        return weights.mean(axis=0)
    if not 0 <= number < len(weights):
        raise ConfigError(
            "must be from 0 to {last}; got {value}.",
            key=name,
            last=len(weights) - 1,
            value=number,
        )
    return weights[number]
