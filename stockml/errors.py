"""Every failure stockml foresees, with the exit status it ends in. One place, one table."""

from __future__ import annotations

DONE, PARTIAL, USAGE, NOTHING_DONE, BUSY, INTERRUPTED = 0, 1, 2, 3, 4, 130

EXIT_STATUS = {
    DONE: "done",
    PARTIAL: "done in part, or a check found something",
    USAGE: "wrong usage or configuration",
    NOTHING_DONE: "nothing could be done (source down, workspace unusable)",
    BUSY: "busy: another run holds the lock",
    INTERRUPTED: "interrupted",
}


class StockmlError(Exception):
    """Something stockml foresaw. The message says what happened, the hint says what to do.

    `symbol` names the symbol or path concerned; `kind` is the stable word scripts may match on.
    """

    exit_status = PARTIAL
    kind = "error"

    def __init__(self, message: str, *, symbol: str | None = None, hint: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.symbol = symbol
        self.hint = hint
        if kind:
            self.kind = kind

    def as_json(self) -> dict[str, str | None]:
        """The error as one entry of the JSON envelope's `errors`."""
        return {"symbol": self.symbol, "kind": self.kind, "message": self.message, "hint": self.hint}


class UsageError(StockmlError):
    """The command line asks for something that cannot be; fix the command."""

    exit_status = USAGE
    kind = "usage"


class SymbolError(UsageError):
    """A symbol's name is not one; nothing was built from it."""

    kind = "bad_symbol"


class ConfigError(StockmlError):
    """The configuration has mistakes, all of them in `problems`; edit the file."""

    exit_status = USAGE
    kind = "config"

    def __init__(self, message: str, *, problems: list[dict[str, object]] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = problems or []


class WorkspaceError(StockmlError):
    """The workspace is missing or unusable."""

    exit_status = NOTHING_DONE
    kind = "workspace"


class SourceError(StockmlError):
    """A data source did not give what was asked; `outcome` is the word `data fetch` reports."""

    exit_status = NOTHING_DONE
    kind = "source_error"

    def __init__(
        self, message: str, *, outcome: str = "source_error", symbol: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, symbol=symbol, hint=hint, kind=outcome)
        self.outcome = outcome


class DataError(StockmlError):
    """The bars at hand do not allow what was asked."""

    kind = "data"


class ModelError(StockmlError):
    """A version folder is not what its manifest says. It is refused and left alone."""

    kind = "model"


class BackupError(StockmlError):
    """A backup could not be made, or one at hand is not what it says. Nothing was changed."""

    exit_status = NOTHING_DONE
    kind = "backup"


class BusyError(StockmlError):
    """Another run holds the lock; come back later."""

    exit_status = BUSY
    kind = "busy"
