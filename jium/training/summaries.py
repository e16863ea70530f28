"""From a recipe for summaries to what a trainer needs.

Documents are prepared whole, for measuring, and then cut to the head that the model can take. What
is left are pairs, learned as translations are, or chats of one exchange, learned as chats are.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from jium.config import find_kind
from jium.data.pairs import Pair, Prepared
from jium.data.preparing import write_line
from jium.data.split import SPLITS
from jium.data.summaries import prepare_summaries
from jium.errors import ConfigError
from jium.evaluation.summaries import DOCUMENTS, rouge_beside_lead
from jium.files import make_folder, whole_file
from jium.messages import say
from jium.models import MODELS
from jium.models.extraction import SentenceRanker
from jium.tasks.extract import Extractor
from jium.tasks.summarise import Summariser, asked, chat_room, head, pair_room
from jium.text.chat_template import MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer
from jium.training import chat, translation
from jium.training.recipe import Recipe
from jium.training.trainer import Trainer
from jium.training.understanding import tokenizer_of

SHOWN = 200  # characters of a document in the log
MEASURED = 200  # documents of the valid split


def set_up_pairs(recipe: Recipe, run: Path) -> "SummarySetup":
    """Documents and summaries as source and target of an encoder and a decoder."""
    documents = _documents(recipe, run)
    tokenizer = tokenizer_of(recipe, run, lambda: _texts(documents), ())
    room = _checked(pair_room(recipe.model.max_len))
    cut = _write_heads(documents, run, lambda pair: _cut(pair, tokenizer, room))
    inner = translation.set_up(recipe, run)
    return SummarySetup(inner, Summariser(inner.task), documents, cut)


def set_up_chats(recipe: Recipe, run: Path) -> "SummarySetup":
    """Documents as what a user says and summaries as what the assistant answers."""
    documents = _documents(recipe, run)
    tokenizer = tokenizer_of(recipe, run, lambda: _texts(documents), MARKS)
    if tokenizer.chat_template is None:
        tokenizer.add_special_tokens(MARKS)
    room = _checked(chat_room(ChatTemplate(tokenizer), recipe.model.max_len))
    cut = _write_heads(documents, run, lambda pair: _chat(_cut(pair, tokenizer, room)))
    inner = chat.set_up(recipe, run)
    return SummarySetup(inner, Summariser(inner.task), documents, cut)


@dataclass
class SummarySetup:
    """The set-up of a translator or a chatter whose data are documents with summaries.

    cut: documents of the training split of which the head alone is read.
    """

    inner: Any
    task: Summariser
    documents: Prepared
    cut: int

    @property
    def train(self) -> Any:
        """Batches to learn from."""
        return self.inner.train

    def opening(self) -> str:
        return say(
            "{n} documents with summaries to train on, of {cut} the beginning; {dropped} rows "
            "dropped ({path})",
            n=f"{self.documents.counts['train']:,}",
            cut=f"{self.cut:,}",
            dropped=f"{sum(self.documents.dropped.values()):,}",
            path=self.documents.folder / "dropped.jsonl",
        )

    def facts(self) -> dict[str, str]:
        too_long = "longer than the model takes"
        cut = {"documents cut to the head": f"{self.cut:,}"}
        return _facts(self.documents) | cut | {too_long: self.inner.facts()[too_long]}

    def figures(self, trainer: Trainer) -> dict[str, float]:
        return self.inner.figures(trainer)

    def samples(self) -> list[tuple[str, str, str]]:
        return [(source[:SHOWN], *rest) for source, *rest in self.inner.samples()]

    def picture(self) -> Any | None:
        return None


# ---------------------------------------------------------------- sentences chosen


def set_up_extractive(recipe: Recipe, run: Path) -> "ExtractiveSetup":
    """Nothing is learned: the data are what the choice is measured on."""
    kind = recipe.values["model"]["kind"]
    model: SentenceRanker = find_kind(MODELS, kind, "model")(recipe.model)
    return ExtractiveSetup(Extractor(model), _documents(recipe, run))


@dataclass
class ExtractiveSetup:
    """A chooser of sentences, and documents to measure it on."""

    task: Extractor
    documents: Prepared

    def opening(self) -> str:
        """How much data there is."""
        return say(
            "nothing to learn; {n} documents with summaries to measure on",
            n=f"{self.documents.counts['valid']:,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        return _facts(self.documents)

    def fit(self) -> dict[str, float]:
        """ROUGE on the valid split, with that of the first sentence beside it."""
        pairs = list(islice(self.documents.pairs("valid"), MEASURED))
        if not pairs:
            return {}
        summaries = self.task.summarise([pair.source for pair in pairs])
        scores = rouge_beside_lead(pairs, summaries, samples=1)
        return {f"valid_{score.name}": score.value for score in scores}

    def save(self, run: Path) -> None:
        """There is nothing beside the settings."""


# ---------------------------------------------------------------- data


def _documents(recipe: Recipe, run: Path) -> Prepared:
    """What an earlier start of this run prepared, or new."""
    folder = run / "last" / DOCUMENTS
    done = (folder / "report.json").is_file()
    return Prepared.load(folder) if done else prepare_summaries(recipe.data, folder)


def _facts(documents: Prepared) -> dict[str, str]:
    return {
        "documents": ", ".join(f"{split} {n:,}" for split, n in documents.counts.items()),
        "dropped": ", ".join(f"{why} {n:,}" for why, n in documents.dropped.items()) or "none",
    }


def _texts(documents: Prepared) -> Iterator[str]:
    for pair in documents.pairs("train"):
        yield pair.source
        yield pair.target


def _checked(room: int) -> int:
    """Raise ConfigError where there is none for a document."""
    if room < 1:
        raise ConfigError("leaves no room for a text. Raise it.", key="model.max_len")
    return room


def _cut(pair: Pair, tokenizer: Tokenizer, room: int) -> Pair:
    return Pair(head(pair.source, tokenizer, room), pair.target)


def _chat(pair: Pair) -> Pair:
    """A pair as `data.chats` keeps a chat of one exchange."""
    messages = [*asked(pair.source), {"role": "assistant", "content": pair.target}]
    return Pair(pair.source, json.dumps(messages, ensure_ascii=False))


def _write_heads(documents: Prepared, run: Path, change: Callable[[Pair], Pair]) -> int:
    """Write what is learned from where the set-up of pairs or chats looks for it; gives how many
    training documents were cut.
    """
    folder = make_folder(run / "last" / "data")
    if not (folder / "report.json").is_file():
        cut = 0
        for split in SPLITS:
            with whole_file(folder / f"{split}.jsonl") as file:
                for pair in documents.pairs(split):
                    changed = change(pair)
                    cut += split == "train" and len(changed.source) < len(pair.source)
                    write_line(file, {"source": changed.source, "target": changed.target})
        with whole_file(folder / "report.json") as file:  # last: a folder with it is whole
            report = {"counts": documents.counts, "dropped": documents.dropped, "cut": cut}
            json.dump(report, file)
    return json.loads((folder / "report.json").read_text("utf-8"))["cut"]
