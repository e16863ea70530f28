"""explain."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Run, Texts, app
from jium.cli.texts import inputs
from jium.messages import say


@app.command(help=say("Ask why: which words the model looked at, or which lie near each other."))
def explain(
    run: Run,
    texts: Texts = None,
    method: Annotated[str, typer.Option(help="attention, projection")] = "attention",
    out: Annotated[
        Path,
        typer.Option(help=say("a .html, .png or .json file; a map also a folder for TensorBoard")),
    ] = Path("explanation.html"),
    file: Annotated[
        Path | None, typer.Option(help=say("a text a line; for a map, after a tab, its group"))
    ] = None,
    target: Annotated[
        str | None, typer.Option(help=say("a translation to explain; the model's own if not given"))
    ] = None,
    to: Annotated[str | None, typer.Option(help=say("language to translate into"))] = None,
    tag: Annotated[str | None, typer.Option(help=say("kind of text, such as its domain"))] = None,
    projection: Annotated[str, typer.Option(help="pca, tsne, umap")] = "pca",
    n_words: Annotated[
        int, typer.Option(help=say("most frequent words on a map, where none are given"))
    ] = 300,
    clusters: Annotated[
        int | None, typer.Option(help=say("groups to find where none are given"))
    ] = None,
    seed: Annotated[int, typer.Option(help=say("the same seed gives the same map"))] = 0,
) -> None:
    from jium.tasks import load

    task = load(run)
    if method == "projection":
        # Without words a run of words is asked for its most frequent; nothing is then waited for.
        given = list(inputs(texts, file)) if texts or file else []
        return _map(
            task, given, out, projection=projection, n_words=n_words, clusters=clusters, seed=seed
        )
    _each(task, list(inputs(texts, file)), method, out, target=target, to=to, tag=tag)


def _each(task: Any, given: list[str], method: str, out: Path, **options: Any) -> None:
    """An explanation a text, in files of numbered names where there are more."""
    from jium.explanation import explain as ask

    for number, text in enumerate(given, 1):
        name = f"{out.stem}-{number}{out.suffix}" if len(given) > 1 else out.name
        place = out.with_name(name)
        ask(task, text, method=method, **options).save(place)
        typer.echo(str(place))


def _map(task: Any, given: list[str], out: Path, **options: Any) -> None:
    """One map of all texts."""
    from jium.explanation import explain as ask
    from jium.explanation.projection import read_groups

    texts, groups = read_groups(given)
    found = ask(task, texts, method="projection", groups=groups if any(groups) else (), **options)
    found.save(out)
    for note in found.notes:
        typer.echo(note, err=True)
    typer.echo(str(out))
