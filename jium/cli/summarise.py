"""summarise."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Lines, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say


@app.command(help=say("Shorten texts: by their own best sentences, or by new ones."))
def summarise(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help=say("a run folder; or textrank, lsa or lead, which need none"),
            show_default=False,
        ),
    ],
    texts: Texts = None,
    file: Lines = None,
    document: Annotated[
        list[Path] | None, typer.Option(help=say("a file that is one text; may be repeated"))
    ] = None,
    sentences: Annotated[int | None, typer.Option(help=say("sentences to choose"))] = None,
    max_chars: Annotated[int | None, typer.Option(help=say("characters at most"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    as_json: Json = False,
) -> None:
    task = _task(run)
    chosen = dict(sentences=sentences, max_chars=max_chars)
    written = dict(beam=beam, temperature=temperature, max_tokens=max_tokens, seed=seed)
    options = _known(task, chosen, written)
    given = inputs(texts, file) if texts or file or not document else iter(())
    for text in _documents(document or []):
        _show(text, task.summarise(text, **options), as_json)
    for chunk in chunks(given):
        for text, summary in zip(chunk, task.summarise(chunk, **options), strict=True):
            _show(text, summary, as_json)


def _task(run: str) -> Any:
    """A run, or a method that needs none; a folder of such a name is the run."""
    from jium.tasks.extract import EXTRACTIVE, Extractor

    if run in EXTRACTIVE and not Path(run).is_dir():
        return Extractor.of(run)
    return task_of(Path(run), "summarise")


def _known(task: Any, chosen: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """The options that were given. Raises ConfigError for one that is of the other kind of task."""
    from jium.errors import ConfigError
    from jium.tasks.extract import Extractor

    own, foreign = (chosen, written) if isinstance(task, Extractor) else (written, chosen)
    for key, value in foreign.items():
        if value is not None:
            raise ConfigError(
                "is nothing that this summariser knows. It knows: {known}.",
                key=key,
                known=", ".join(own),
            )
    if own.get("temperature"):
        own["beam"] = own["beam"] or 1
    return {key: value for key, value in own.items() if value is not None}


def _documents(paths: list[Path]) -> Any:
    from jium.data.lines import read_lines

    for path in paths:
        yield "\n".join(line or "" for _, line in read_lines(path))


def _show(text: str, summary: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"source": text, "summary": summary}, ensure_ascii=False))
    else:
        typer.echo(summary.replace("\n", " "))
