"""The trainings: how far the running one is, stage by stage, and how the ones before it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard.keyboard import chosen_run, running
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen, Training
from stockml.dashboard.state import State
from stockml.errors import EXIT_STATUS
from stockml.logbook import STAGES
from stockml.view import palette
from stockml.view.progress import remaining

if TYPE_CHECKING:
    from rich.text import Text

SHARE = " 100 %"  # beside the stage in hand


def title(seen: Seen, state: State) -> str:
    now, run = running(seen), chosen_run(state, seen)
    if run is None:
        return "training"
    symbols = f", {run.symbols} symbol{'' if run.symbols == 1 else 's'}" if run.symbols else ""
    return f"{run.command} {run.id}{symbols}" + (f", {len(now)} are running" if len(now) > 1 else "")


def note(seen: Seen, state: State) -> str:
    return "x stops it" if running(seen) else ""


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    run = chosen_run(state, seen)
    if run is None:
        return [Text("nothing was trained yet; t trains the selected symbol", "dim")]
    out = [_head(run, paper)]
    if run.is_running and paper.height > 2:
        out.append(_stages(run, paper))
    if not run.is_running or paper.height < 3:
        out += [Text(run.about, "dim")] if run.about else []
    room = max(0, paper.height - len(out))
    older = [_head(one, paper) for one in seen.trainings if one.id != run.id] if room > 3 else []
    told = list(run.lines)
    end = max(0, len(told) - state.scrolled("training"))
    count = max(0, room - min(2, len(older)))
    out += [Text(one, "dim") for one in told[max(0, end - count) : end]]
    return [*out, *older[:2]]


def _head(run: Training, paper: Paper) -> Text:
    from rich.text import Text

    if run.is_running:
        line = Text.assemble((f"{run.percent:3.0f} % ", "bold"))
        line.append(paper.bar(run.percent / 100.0, max(4, min(20, paper.width // 4))), "green")
        line.append(f" {run.stage}, {remaining(run.left_s)}")
        return line
    line = Text(f"{run.began_at[5:16].replace('T', ' ')} {run.command} ")
    if run.state == "killed":
        line.append(f"was killed at {run.percent:.0f} %", palette.LEVELS["bad"])
        return line
    good = run.exit_code == 0
    line.append(f"exit {run.exit_code}", "green" if good else palette.LEVELS["warn"])
    line.append(f", {run.told or EXIT_STATUS.get(run.exit_code or 0, '')}")
    return line


def _stages(run: Training, paper: Paper) -> Text:
    """The stages side by side, done, in hand (in bold, with its share) and to come; bars where there is room."""
    from rich.text import Text

    line = Text()
    width = (paper.width - sum(map(len, STAGES)) - len(SHARE)) // len(STAGES) - 2
    for name in STAGES:
        share = run.stages.get(name, 0.0)
        is_now = name == run.stage
        style = "bold" if is_now else "green" if share >= 1.0 else "dim"
        bar = f" {paper.bar(share, width)}" if width >= 3 else ""
        line.append(f"{name}{bar}{f' {100 * share:.0f} %' if is_now else ''} ", style)
    return line
