"""serve."""

from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import app
from jium.messages import say


@app.command(
    help=say(
        "Serve runs to programs: OpenAI's API, and an endpoint for each verb. The name of a model "
        "is that of its folder."
    )
)
def serve(
    runs: Annotated[list[Path], typer.Argument(help=say("run folders"), show_default=False)],
    host: Annotated[str, typer.Option(help=say("address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("port to listen on"), min=0, max=65535)] = 8000,
    api_key_file: Annotated[
        Path | None, typer.Option(help=say("keys, one a line: KEY name=NAME requests=N tokens=N"))
    ] = None,
    no_keys: Annotated[
        bool, typer.Option("--no-keys", help=say("let everybody in who can reach the port"))
    ] = False,
    slots: Annotated[int | None, typer.Option(help=say("answers written at a time"))] = None,
    max_waiting: Annotated[
        int | None, typer.Option(help=say("answers that may wait; more are refused"))
    ] = None,
    prefix_tokens: Annotated[
        int | None, typer.Option(help=say("tokens of earlier prompts to remember; 0: none"))
    ] = None,
    timeout_s: Annotated[
        float | None, typer.Option(help=say("seconds that an answer may take"))
    ] = None,
    grace_s: Annotated[
        float | None, typer.Option(help=say("seconds for running answers when told to stop"))
    ] = None,
    max_body_mb: Annotated[
        float | None, typer.Option(help=say("size of a request at most, in MB"))
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(help=say("for each key, unless its line says otherwise"))
    ] = None,
    tokens_per_minute: Annotated[
        int | None, typer.Option(help=say("for each key, unless its line says otherwise"))
    ] = None,
) -> None:
    from jium.config import build
    from jium.errors import require
    from jium.serving.settings import ServerSettings

    for module in ("fastapi", "uvicorn", "prometheus_client"):
        require(module, "serve")
    from jium.serving.app import create_app
    from jium.serving.keys import KeyFile
    from jium.serving.log import Log
    from jium.serving.models import load_models
    from jium.serving.server import bind, check_open
    from jium.serving.server import serve as run

    asked = {
        **dict(slots=slots, max_waiting=max_waiting, prefix_tokens=prefix_tokens),
        **dict(timeout_s=timeout_s, grace_s=grace_s, max_body_mb=max_body_mb),
        **dict(requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute),
    }
    given = {name: value for name, value in asked.items() if value is not None}
    settings = build(ServerSettings, given)
    check_open(host, api_key_file is not None, no_keys)
    log = Log()

    def failed(error: Exception) -> None:
        log.write("keys", message=str(error))

    keys = None if api_key_file is None else KeyFile(api_key_file, failed=failed)
    with bind(host, port) as listening:
        served = load_models(runs)
        address = f"http://{host}:{listening.getsockname()[1]}"
        names = ", ".join(one.name for one in served)
        typer.echo(say("Serving {names} at {address}/v1", names=names, address=address), err=True)
        run(create_app(served, settings, keys=keys, log=log), listening, settings, log, keys)
