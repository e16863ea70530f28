"""translate."""

import json
from typing import Annotated

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say


@app.command(help=say("Translate texts: arguments, a file, or standard input."))
def translate(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("kind of text, such as its domain"))] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    n_best: Annotated[int | None, typer.Option(help=say("answers to a text"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    top_k: Annotated[int | None, typer.Option(help=say("sample among so many"))] = None,
    top_p: Annotated[
        float | None, typer.Option(help=say("sample among this share of probability"))
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    stream: Annotated[bool, typer.Option("--stream", help=say("print as it is written"))] = False,
    as_json: Json = False,
) -> None:
    task = task_of(run, "translate")
    options = {
        **dict(to=to, tag=tag, beam=beam, n_best=n_best, temperature=temperature, top_k=top_k),
        **dict(top_p=top_p, max_tokens=max_tokens, seed=seed),
    }
    if temperature:
        options["beam"] = beam or 1
    for chunk in chunks(inputs(texts, file)):
        if stream:
            for text in chunk:
                for piece in task.stream(text, **options):
                    typer.echo(piece, nl=False)
                typer.echo()
            continue
        for text, answer in zip(chunk, task.translate(chunk, **options), strict=True):
            _show_answer(text, answer, as_json)


def _show_answer(text: str, answer: str | list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"source": text, "translation": answer}, ensure_ascii=False))
        return
    for line in [answer] if isinstance(answer, str) else answer:
        typer.echo(line.replace("\n", " "))
