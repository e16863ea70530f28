"""What is served: runs, each with its name, what it can do, and the threads that work for it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jium.errors import ConfigError
from jium.generation.engine import Engine
from jium.generation.rows import max_len_of
from jium.messages import say
from jium.serving.errors import ApiError, unknown_model
from jium.serving.log import Log
from jium.serving.pool import Pool
from jium.serving.settings import ServerSettings
from jium.serving.worker import Turning, Worker
from jium.tasks import load
from jium.tasks.generate import Writer

VERBS = (
    "chat",
    "generate",
    "embed",
    "translate",
    "summarise",
    "classify",
    "tag",
    "answer",
    "paint",
)


@dataclass
class Served:
    """A task object that answers requests. name: what clients call it."""

    name: str
    task: Any
    created: int = field(default_factory=lambda: int(time.time()))
    kind: str = ""
    max_tokens: int = 4096  # of an answer
    worker: Worker | None = None  # where it writes token by token
    pool: Pool | None = None

    @cached_property
    def verbs(self) -> list[str]:
        """What can be asked of it."""
        written = ("chat", "generate") if self.writer is not None else ()
        other = [verb for verb in VERBS if verb not in ("chat", "generate")]
        if getattr(self.task, "sees", False):
            other.remove("classify")  # pictures, which no request can give
        return [verb for verb in (*written, *other) if hasattr(self.task, verb)]

    @cached_property
    def writer(self) -> Writer | None:
        """What writes texts: the task itself, or within a chat."""
        found = getattr(self.task, "writer", self.task)
        return found if isinstance(found, Writer) else None

    @property
    def window(self) -> int:
        """Tokens that its model can hold, read and written."""
        assert self.writer is not None
        return max_len_of(self.writer.model)

    def start(self, settings: ServerSettings, log: Log) -> None:
        """Begin its threads."""
        self.max_tokens = settings.max_tokens
        self.pool = Pool(self.name, settings.max_waiting, settings.timeout_s)
        if self.writer is not None:
            limits = (settings.slots, settings.max_waiting, settings.timeout_s)
            self.worker = Worker(lambda: self._engine(settings), *limits, log, self.name)

    def stop(self) -> None:
        """End its threads."""
        if self.pool is not None:
            self.pool.close()
        if self.worker is not None:
            self.worker.close()

    def _engine(self, settings: ServerSettings) -> Turning:
        assert self.writer is not None
        sizes = (settings.slots, settings.prefill_tokens, settings.prefix_tokens)
        return Engine(self.writer.model, *sizes)

    def about(self) -> dict[str, Any]:
        """As /v1/models shows it."""
        return {
            "id": self.name,
            "object": "model",
            "created": self.created,
            "owned_by": "jium",
            "task": self.kind,
            "verbs": self.verbs,
        }


def load_models(runs: Sequence[Path]) -> list[Served]:
    """The tasks of run folders, named as the folders are. Raises ConfigError where two have one
    name.
    """
    paths = [Path(run).resolve() for run in runs]
    names = [path.name for path in paths]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                'two runs are named "{name}", and clients ask by name. Rename one folder.',
                name=name,
            )
    return [_loaded(path) for path in paths]


def _loaded(run: Path) -> Served:
    task = load(run)
    kind = task.about()["task"] if hasattr(task, "about") else ""
    served = Served(run.name, task, int(run.stat().st_mtime), kind)
    if not served.verbs:
        raise ConfigError(
            '{run}: was made for the task "{task}", which has nothing to serve. Known: {known}.',
            run=run,
            task=kind,
            known=", ".join(VERBS),
        )
    return served


class Models(dict[str, Served]):
    """What is served, by name."""

    def find(self, name: str) -> Served:
        """Raises ApiError 404 where nothing has that name."""
        if name not in self:
            raise unknown_model(name, list(self))
        return self[name]

    def able(self, verb: str) -> list[str]:
        """Names of those that can do it."""
        return [name for name, served in self.items() if verb in served.verbs]

    def asked(self, name: str | None, verb: str) -> Served:
        """The one a request means. Without a name, the only one that can do it.

        Raises ApiError 404 where there is none, or several.
        """
        able = self.able(verb)
        if name is None and len(able) == 1:
            name = able[0]
        if name is None:
            message = (
                say("which of them? Known: {known}.", known=", ".join(able))
                if able
                else say("no model here can {verb}.", verb=verb)
            )
            raise ApiError(404, f"model: {message}", code="model_not_found", param="model")
        served = self.find(name)
        if verb not in served.verbs:
            message = say(
                '"{name}" cannot {verb}. It can: {can}. Others that can {verb}: {able}.',
                name=name,
                verb=verb,
                can=", ".join(served.verbs),
                able=", ".join(able) or "-",
            )
            raise ApiError(404, message, code="model_not_supported", param="model")
        return served


def by_name(served: Sequence[Served] | Mapping[str, Served]) -> Models:
    if isinstance(served, Mapping):
        return Models(served)
    return Models({one.name: one for one in served})
