"""A plan as people read it."""

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from jium.messages import say
from jium.training.memory import Memory

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(n_bytes: float) -> str:
    """Bytes in the unit that suits them, thousands of thousands."""
    power = 0
    while n_bytes >= 999.5 and power < len(UNITS) - 1:
        n_bytes, power = n_bytes / 1000, power + 1
    return f"{n_bytes:.3g} {UNITS[power]}"


def lasting(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 1:
        return say("{n} ms", n=f"{1000 * seconds:.3g}")
    if seconds < 120:
        return say("{n} seconds", n=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
    if seconds < 2 * 3600:
        return say("{n} minutes", n=f"{seconds / 60:.0f}")
    if seconds < 3 * 24 * 3600:
        return say("{n} hours", n=f"{seconds / 3600:.1f}")
    return say("{n} days", n=f"{seconds / 86400:,.0f}")


def table(plan: Any) -> Table:
    """A `TrainingPlan`, a line for each thing that can be told."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(no_wrap=True)
    made.add_column(justify="right", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value, remark in _rows(plan):
        made.add_row(name, value, remark)
    return made


def text(plan: Any) -> str:
    """The table and the notes."""
    written = StringIO()
    Console(file=written, width=120, highlight=False, markup=False).print(table(plan))
    return "\n".join([line.rstrip() for line in written.getvalue().splitlines()] + plan.notes)


def _rows(plan: Any) -> list[tuple[str, str, str]]:
    if plan.parameters is None:
        return []
    rows = _parameter_rows(plan.parameters)
    if plan.memory is not None:
        rows += _memory_rows(plan.memory)
    rows.append((say("memory to answer"), size(plan.weights), say("of weights in float32")))
    if plan.cache is not None:
        kept = say("of keys and values, for each text of {n} tokens", n=f"{plan.max_len:,}")
        rows.append(("", size(plan.cache), kept))
    rows.append(_seen(plan))
    if plan.optimum is not None:
        best = say("suit so many parameters (Hoffmann et al., 2022)")
        rows.append(("", f"{plan.optimum:,}", best))
    if plan.flops is not None:
        rule = say("counted while a few pictures pass")
        if plan.six_nd is not None:
            rule = say("6ND, the rule of thumb, gives {flops}", flops=f"{plan.six_nd:.3g}")
        rows.append((say("FLOPs"), f"{plan.flops:.3g}", rule))
    return rows + _time_rows(plan)


def _seen(plan: Any) -> tuple[str, str, str]:
    """Tokens or pictures that are learned from."""
    name, n, a_step = say("tokens"), plan.tokens, plan.tokens_a_step
    if plan.pictures is not None:
        name, n, a_step = say("pictures"), plan.pictures, plan.pictures_a_step
    each = say("{steps} steps of {n} at most", steps=f"{plan.steps:,}", n=f"{a_step:,}")
    return name, f"{n:,}", each


def _parameter_rows(parameters: dict[str, int]) -> list[tuple[str, str, str]]:
    all_, learned = parameters["all"], parameters["learned"]
    frozen = "" if learned == all_ else say("of which {n} learn", n=f"{learned:,}")
    return [
        (say("parameters"), f"{all_:,}", frozen),
        (say("  embeddings"), f"{parameters['embeddings']:,}", ""),
        (say("  blocks"), f"{parameters['blocks']:,}", ""),
        (say("  head"), f"{parameters['head']:,}", ""),
    ]


def _memory_rows(memory: Memory) -> list[tuple[str, str, str]]:
    rows = [
        (say("memory to train"), memory.peak, say("at most at a time; not all of these at once")),
        (say("  weights"), memory.weights, ""),
        (say("  gradients"), memory.gradients, ""),
        (say("  optimiser"), memory.optimiser, ""),
        (say("  average of weights"), memory.average, ""),
        (say("  activations"), memory.activations, ""),
        (say("  logits"), memory.logits, ""),
        (say("  copies"), memory.spare, ""),
    ]
    return [(name, size(number), remark) for name, number, remark in rows if number]


def _time_rows(plan: Any) -> list[tuple[str, str, str]]:
    if plan.step_s is None:
        return []
    device = plan.device
    name = f"{plan.devices} x {device.name}" if plan.devices > 1 else device.name
    rows = [
        (say("device"), f"{device.flops:.3g} FLOP/s", f"{name}, {device.precision}"),
        ("", "", device.source),
        (say("time"), lasting(3600 * plan.hours), say("{n} a step", n=lasting(plan.step_s))),
    ]
    if plan.cost is not None:
        rows.append((say("cost"), f"{plan.cost:,.2f}", say("at the price given")))
    if plan.kwh is not None:
        rows.append((say("energy"), f"{plan.kwh:,.3g} kWh", say("at the most that it draws")))
    return rows
