"""Prices from Yahoo Finance through yfinance, as traded: the splits Yahoo applied backwards are undone."""

from __future__ import annotations

import functools
import logging
import warnings
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from stockml import files
from stockml.arrays import Floats
from stockml.bars import breaker, http
from stockml.bars.answer import Answer, Request
from stockml.bars.series import PRICES
from stockml.clock import recorded_at
from stockml.errors import SourceError
from stockml.workspace import Workspace

EARLIEST = date(1962, 1, 2)  # Yahoo's oldest daily bars
HINT_LATER = http.HINT_LATER
COOKIE_HOSTS = ("fc", "guce", "consent")  # of yahoo.com
TESTED = ((1, 0), (2, 0))  # versions of yfinance from the first up to, not including, the second


def fetch(request: Request) -> Answer:
    """Ask for the whole history up to the present, and return it raw.

    Always the whole: Yahoo's prices are split-adjusted as of the download, so only the splits up to the
    present, also those after `request.through`, tell what was traded. Raises `SourceError` with the
    outcomes unknown_symbol, rate_limited, delisted and source_error; an empty answer is never a success.
    """
    yfinance = _library(request)
    _check_version(yfinance.__version__)
    end = max(request.through, recorded_at().date()) + timedelta(days=2)
    base_url = request.config.yahoo.base_url
    host, session = http.host_of(base_url) if base_url else "yahoo.com", _session(base_url)
    with breaker.gate(request.home, host, http.budget(request.config, "yahoo"), request.symbol, "yahoo") as gate:
        session.gate = gate
        try:
            table = yfinance.Ticker(request.symbol, session=session).history(
                period=None, interval=request.interval, start=(request.first or EARLIEST).isoformat(),
                end=end.isoformat(), prepost=False, actions=True, auto_adjust=False, back_adjust=False,
                repair=False, keepna=True, rounding=False, timeout=request.config.yahoo.timeout_s,
            )  # fmt: skip
        except SourceError:
            raise  # of the gate
        except Exception as error:
            raise _as_source_error(error, request, session.status) from error
        finally:
            session.gate = None
    if not len(table):
        raise _failure(request, "source_error", "Yahoo gave no rows", HINT_LATER)
    return _raw(table)


def _library(request: Request) -> Any:
    """yfinance, imported and told to be quiet, to raise what went wrong and to forget old answers."""
    import pandas
    import yfinance
    from yfinance.data import YfData

    warning = getattr(pandas.errors, "Pandas4Warning", None)
    if warning is not None:  # yfinance resets the filters when it is imported, so this comes after
        warnings.filterwarnings("ignore", category=warning, module="yfinance")
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    yfinance.config.debug.hide_exceptions = False
    folder = Workspace(request.home).cache / "yfinance"
    files.make_folder(folder)
    yfinance.set_tz_cache_location(str(folder))
    forget = getattr(getattr(YfData, "cache_get", None), "cache_clear", None)
    if forget is not None:  # failed answers are cached for the life of the process
        forget()
    return yfinance


@functools.cache
def _check_version(version: str) -> None:
    """Warn, once a run, of a yfinance that stockml was not tested with."""
    parts = tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:2])
    if not TESTED[0] <= parts < TESTED[1]:
        low, high = (".".join(map(str, bound)) for bound in TESTED)
        logging.getLogger(__name__).warning(
            "warning: yfinance %s is outside the range stockml is tested with (from %s, below %s): "
            "check what it fetches", version, low, high,
        )  # fmt: skip


@functools.cache
def _session(base_url: str | None) -> Any:
    """A session that asks its gate before each request, and sends requests for yahoo.com to `base_url` if given.

    One per address: yfinance replaces its cookies and crumb with every new session. Cookie and crumb are
    outside the budget; while the host's last word was a refusal they are not asked for, prices do without.
    """
    from yfinance import _http
    from yfinance.exceptions import YFRateLimitError

    address = base_url.rstrip("/") if base_url else None

    class Gated(_http.requests.Session):  # type: ignore[misc]
        gate: breaker.Gate | None = None
        status = 0  # of the newest answer

        def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
            parts = urlsplit(url)
            host, gate = parts.hostname or "", self.gate
            counted = host.split(".")[0] not in COOKIE_HOSTS and not parts.path.endswith("/getcrumb")
            if gate is not None and counted:
                gate.admit()
            elif gate is not None and gate.suspicious:
                raise YFRateLimitError  # yfinance then goes on without a crumb
            if address and (host == "yahoo.com" or host.endswith(".yahoo.com")):
                url = address + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            self.status = 0
            response = super().request(method, url, *args, **options)
            self.status = response.status_code
            if gate is not None and self.status == 429:
                raise gate.refused(response.headers.get("Retry-After"))
            if gate is not None and counted:
                gate.answered()
            return response

    if _http.HAS_CURL_CFFI:
        return Gated(impersonate="chrome")
    session = Gated()
    session.headers.update(_http.new_session().headers)
    return session


def _as_source_error(error: Exception, request: Request, status: int) -> SourceError:
    """What an exception of yfinance means for the symbol. Words, because the classes do not tell."""
    kind, words = type(error).__name__, str(error)
    lower = words.lower()
    if kind == "YFRateLimitError" or "too many requests" in lower:
        return _failure(request, "rate_limited", "Yahoo refuses more requests for now", HINT_LATER)
    not_found = "no data found, symbol may be delisted" in lower or "quote not found" in lower
    if kind == "YFTzMissingError" or not_found or (kind == "HTTPError" and "404" in words):
        if request.known:
            return _failure(request, "delisted", "Yahoo no longer knows a symbol it once had", "remove it from symbols")
        hint = "check the spelling, as in BRK-B or INFY.NS"
        return _failure(request, "unknown_symbol", "Yahoo knows no such symbol", hint)
    if kind == "YFPricesMissingError" and "data doesn't exist for" in lower:
        return _failure(request, "delisted", "Yahoo knows the symbol but has no prices of it", "remove it from symbols")
    if status >= 400:
        told = f"Yahoo failed (HTTP {status})"
    elif kind == "YFPricesMissingError":
        told = "Yahoo gave no prices"
    elif isinstance(error, ValueError | LookupError | TypeError):
        told = f"Yahoo's answer was no use ({kind}: {words[:100]})"
    else:
        told = f"Yahoo did not answer ({kind}: {words.split('. See ')[0][:100]})"
    return _failure(request, "source_error", told, HINT_LATER)


def _failure(request: Request, outcome: str, message: str, hint: str) -> SourceError:
    return SourceError(f"{request.symbol}: {message}", outcome=outcome, symbol=request.symbol, hint=hint)


def _raw(table: Any) -> Answer:
    """Turn yfinance's table into bars as traded.

    Prices and dividends are multiplied by every split after their day, volumes divided.
    """
    days = table.index.tz_localize(None) if table.index.tz is not None else table.index
    session = days.to_numpy().astype("datetime64[D]").astype(np.int32)

    def column(name: str, empty: float) -> Floats:
        if name not in table.columns:
            return np.full(len(table), empty)
        return np.array(table[name].to_numpy(dtype=np.float64, na_value=np.nan))

    split = np.nan_to_num(column("Stock Splits", 1.0), nan=1.0)
    split[split == 0.0] = 1.0
    later = np.ones(len(split))
    later[:-1] = np.cumprod(split[::-1])[::-1][1:]
    opened, high, low, close = (column(name.capitalize(), np.nan) * later for name in PRICES)
    dividend = np.nan_to_num(column("Dividends", 0.0)) * later
    volume = column("Volume", 0.0) / later
    return Answer(session, opened, high, low, close, volume, dividend, split, "yahoo")
