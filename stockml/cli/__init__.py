"""The command line: a group that lists its own folder, and the one place where errors become exit statuses."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

import click

from stockml import errors

# Before numpy is imported anywhere: threads are ours to hand out, and idle ones must not spin.
for _name, _value in (
    ("OMP_WAIT_POLICY", "passive"), ("OPENBLAS_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("OMP_NUM_THREADS", "1"),
):  # fmt: skip
    os.environ.setdefault(_name, _value)

_FOLDER = os.path.dirname(__file__)


class Commands(click.Group):
    """Finds a command by its file, and its short help in that file's first line, without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = (name[:-3] for name in os.listdir(_FOLDER) if name.endswith(".py") and not name.startswith("_"))
        return sorted(name.replace("_", "-") for name in found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        import importlib

        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx) and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            advice = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {name!r}.{advice}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            with open(os.path.join(_FOLDER, name.replace("-", "_") + ".py"), encoding="utf-8") as file:
                rows.append((name, file.readline().strip().strip('"').rstrip(".")))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit status"):
            formatter.write_dl([(str(status), meaning) for status, meaning in errors.EXIT_STATUS.items()])


def _root() -> click.Group:
    from stockml.cli import _frame

    @click.group(
        cls=Commands, params=_frame.common_options(), context_settings=_frame.SETTINGS, invoke_without_command=False
    )
    @click.version_option(_version(), prog_name="stockml")
    @click.pass_context
    def root(ctx: click.Context, /, **common: Any) -> None:
        """Keep a fleet of stock forecasting models alive, and say honestly how good they are."""
        ctx.obj = common

    return root


def _version() -> str:
    import stockml

    return stockml.__version__


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit status."""
    from stockml.cli import _frame

    def stop(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    arguments = sys.argv[1:] if argv is None else argv
    sys.exit(_frame.run(_root(), arguments))
