"""`jium selfcheck`: promises that any installed copy can be held to, offline, in under a minute.

Each is a function that measures a gap on tiny random models; the tables say which there are.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from jium.contracts import (
    diffusion,
    folder,
    generation,
    language,
    model,
    report,
    resume,
    scores,
    text,
    tiny,
    training,
)
from jium.contracts.contract import Contract, Promise, check
from jium.models.gpt import Gpt
from jium.tasks import load

__all__ = ["Contract", "check_and_report", "selfcheck"]


def _for_all(measure: model.Measure, exactly: bool = False) -> float:
    """The largest gap over the position schemes; `exactly`: in float64, where rounding is small."""
    return max(measure(m.double() if exactly else m) for m in model.every_scheme())


def _for_writers(measure: Callable[[Gpt], float]) -> float:
    """The largest gap over the position schemes of a model that writes."""
    return max(measure(tiny.gpt(scheme)) for scheme in tiny.POSITIONS)


def _promises() -> dict[str, Promise]:
    """Those of this copy of jium."""
    tokenizers = {
        f"tokenizer_{kind}": Promise(0, partial(text.of_kind, kind)) for kind in text.LOSSLESS
    }
    return {
        "accumulation": Promise(1e-6, training.accumulation),
        "repetition": Promise(0, training.repetition),
        "resume": Promise(0, resume.killed_and_resumed),
        "loss_at_start": Promise(0.02, training.loss_at_start),
        "cached_decoding": Promise(1e-5, partial(_for_all, model.cached_decoding)),
        "chunked_prefill": Promise(1e-5, partial(_for_all, model.chunked_prefill)),
        "padding": Promise(1e-6, partial(_for_all, model.padding, exactly=True)),
        "alone": Promise(1e-5, partial(_for_all, model.alone)),
        "future": Promise(0, partial(_for_all, model.future)),
        **tokenizers,
        "greedy": Promise(0, generation.greedy_ways),
        "frequencies": Promise(0.999, generation.frequencies),
        "stream": Promise(0, lambda: generation.streamed(tiny.translator())),
        "packed_documents": Promise(1e-5, partial(_for_writers, language.packed_documents)),
        "joined_later": Promise(0, partial(_for_writers, language.joined_later)),
        "chat_template": Promise(0, lambda: language.chat_template(tiny.chatter())),
        "chat_stream": Promise(0, lambda: language.streamed(tiny.chatter())),
        "noised_moments": Promise(1e-5, diffusion.forward_moments),
        "parametrisations": Promise(1e-5, diffusion.parametrisations),
        "zero_terminal_snr": Promise(0, diffusion.zero_terminal_snr),
        "guidance_of_one": Promise(0, diffusion.guidance_of_one),
        "samplers": Promise(0.02, diffusion.samplers),
        "ddim_inversion": Promise(1e-5, diffusion.inversion),
        "save_load": Promise(0, folder.save_load),
        "bleu": Promise(0.01, scores.bleu),
        "chrf": Promise(0.01, scores.chrf),
    }


def _promises_of(run: Path) -> dict[str, Promise]:
    """Those that apply to a person's own run."""
    task = load(run)
    of_all = {"load_elsewhere": Promise(0, partial(folder.load_elsewhere, run))}
    if getattr(task, "tokenizer", None) is not None:
        of_all |= {"tokenizer": Promise(0, partial(text.round_trip, task.tokenizer))}
    if isinstance(getattr(task, "model", None), Gpt):
        return of_all | {
            "packed_documents": Promise(1e-5, partial(language.packed_documents, task.model)),
            "joined_later": Promise(0, partial(language.joined_later, task.model)),
            "chat_template": Promise(0, partial(language.chat_template, task)),
            "chat_stream": Promise(0, partial(language.streamed, task)),
        }
    if not hasattr(task, "translate"):
        return of_all  # the others are about models that read one text and write another
    return of_all | {
        "cached_decoding": Promise(1e-5, partial(model.cached_decoding, task.model)),
        "padding": Promise(1e-5, partial(model.padding, task.model)),
        "alone": Promise(1e-5, partial(model.alone, task.model)),
        "future": Promise(0, partial(model.future, task.model)),
        "stream": Promise(0, partial(generation.streamed, task)),
    }


def checks(run: Path | None = None) -> Iterator[Contract]:
    """Measure the promises one after another. Raises RunError for a run that cannot be loaded."""
    promises = _promises()
    if run is not None:
        promises |= {report.RUN + name: p for name, p in _promises_of(Path(run)).items()}
    for name, promise in promises.items():
        yield check(name, promise)


def selfcheck(run: Path | None = None) -> list[Contract]:
    """Every contract of this copy of jium, and those that apply to `run`, measured."""
    return list(checks(run))


def check_and_report(run: Path | None = None, as_json: bool = False) -> bool:
    """Measure and print, a line a contract; whether none is broken."""
    found = []
    for contract in checks(run):
        found.append(contract)
        print(report.to_json(contract) if as_json else report.line(contract), flush=True)
    if not as_json:
        print(report.summary(found))
    return all(contract.passed or contract.skipped is not None for contract in found)
