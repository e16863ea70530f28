"""generate."""

import json
from typing import Annotated

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.messages import say


@app.command(help=say("Write texts on: arguments, a file, or standard input."))
def generate(
    run: Run,
    prompts: Texts = None,
    file: Lines = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    top_k: Annotated[int | None, typer.Option(help=say("sample among so many"))] = None,
    top_p: Annotated[
        float | None, typer.Option(help=say("sample among this share of probability"))
    ] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    as_json: Json = False,
) -> None:
    task = task_of(run, "generate")
    options = dict(max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p)
    for chunk in chunks(inputs(prompts, file)):
        for prompt, text in zip(
            chunk, task.generate(chunk, beam=beam, seed=seed, **options), strict=True
        ):
            if as_json:
                typer.echo(json.dumps({"prompt": prompt, "text": text}, ensure_ascii=False))
            else:
                typer.echo((prompt + text).replace("\n", " "))
