"""Every configuration key with its type, limits, default and meaning. The authority on what may be set.

Plain frozen dataclasses, so that light commands can use them without importing pydantic; pydantic
reads the same classes when a configuration has to be validated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}
URL = "^https?://"

DEFAULT_SYMBOLS = (
    "NVDA", "TSLA", "AAPL", "MSFT", "GOOGL", "AMZN", "AUR", "PLTR", "SMCI", "TSM", "MP", "SMR", "SPY",
)  # fmt: skip
FAMILIES = ("price", "technical", "volume", "volatility", "momentum", "pattern", "structure", "time", "market")


def _key(default: Any, meaning: str, **limits: Any) -> Any:
    return field(default=default, metadata={"description": meaning, **limits})


def _table(meaning: str) -> Any:
    return field(default_factory=dict, metadata={"description": meaning})


@dataclass(frozen=True)
class Csv:
    """The `csv` source."""

    folder: str = _key("prices", "Folder of SYMBOL.csv or SYMBOL.csv.gz; relative to the workspace.", min_length=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Yahoo:
    """The `yahoo` source."""

    base_url: str | None = _key(None, "Another address than Yahoo's own, for tests; null is the real one.")
    timeout_s: float = _key(20.0, "Seconds to wait for one answer.", gt=0, le=600)
    requests_per_minute: int | None = _key(None, "Most requests a minute; null is data.requests_per_minute.", ge=1)
    requests_per_day: int | None = _key(None, "Most requests a day (UTC); null is no limit.", ge=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Tiingo:
    """The `tiingo` source; its key is in the environment, as TIINGO_API_KEY."""

    base_url: str = _key("https://api.tiingo.com", "Address of the service.", pattern=URL)
    timeout_s: float = _key(20.0, "Seconds to wait for one answer.", gt=0, le=600)
    requests_per_minute: int | None = _key(None, "Most requests a minute; null is data.requests_per_minute.", ge=1)
    requests_per_day: int | None = _key(1000, "Most requests a day (UTC); null is no limit.", ge=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class AlphaVantage:
    """The `alpha_vantage` source; its key is in the environment, as ALPHAVANTAGE_API_KEY."""

    base_url: str = _key("https://www.alphavantage.co", "Address of the service.", pattern=URL)
    timeout_s: float = _key(20.0, "Seconds to wait for one answer.", gt=0, le=600)
    requests_per_minute: int | None = _key(5, "Most requests a minute; null is data.requests_per_minute.", ge=1)
    requests_per_day: int | None = _key(25, "Most requests a day (UTC); null is no limit.", ge=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Massive:
    """The `massive` source (formerly Polygon); its key is in the environment, as MASSIVE_API_KEY."""

    base_url: str = _key("https://api.massive.com", "Address of the service.", pattern=URL)
    timeout_s: float = _key(20.0, "Seconds to wait for one answer.", gt=0, le=600)
    requests_per_minute: int | None = _key(5, "Most requests a minute; null is data.requests_per_minute.", ge=1)
    requests_per_day: int | None = _key(None, "Most requests a day (UTC); null is no limit.", ge=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Stooq:
    """The `stooq` source; its key is in the environment, as STOOQ_API_KEY."""

    base_url: str = _key("https://stooq.com", "Address of the service.", pattern=URL)
    timeout_s: float = _key(20.0, "Seconds to wait for one answer.", gt=0, le=600)
    requests_per_minute: int | None = _key(30, "Most requests a minute; null is data.requests_per_minute.", ge=1)
    requests_per_day: int | None = _key(None, "Most requests a day (UTC); null is no limit.", ge=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Health:
    """When bars are too doubtful to train on or to forecast from, and when a changed value counts as revised."""

    max_jump: float = _key(0.40, "Change of a close beyond this, with no split, has to be confirmed.", gt=0, le=10)
    max_gap_sessions: int = _key(5, "Sessions in a row that may be missing among the newest bars.", ge=0, le=250)
    newest_bars: int = _key(5, "Newest sessions that have to be sound for training and forecasts.", ge=1, le=60)
    max_zero_volume_share: float = _key(
        0.8, "Share of the newest bars that may be without trading, where there is volume at all.", ge=0, le=1
    )
    max_revision: float = _key(
        0.005, "Relative change of a stored price from which a revision is no noise.", ge=0, le=1
    )
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Data:
    """Prices: where from, how old they may be, which exchange keeps which hours."""

    providers: tuple[str, ...] = _key(("yahoo",), "Sources in order of preference.", min_length=1)
    interval: Literal["1d"] = _key("1d", "Bar interval.")
    history_years: float | None = _key(None, "How many years of history to ask for; null is all there is.", gt=0)
    max_stale_sessions: int = _key(5, "Sessions the newest bar may lag behind before forecasts abstain.", ge=0, le=250)
    benchmark: str | None = _key("SPY", "Symbol whose bars are the market; the fleet's mean stands in without it.")
    settle_minutes: int = _key(30, "Minutes after the close until a bar counts as settled.", ge=0, le=1440)
    csv: Csv = Csv()
    yahoo: Yahoo = Yahoo()
    tiingo: Tiingo = Tiingo()
    alpha_vantage: AlphaVantage = AlphaVantage()
    massive: Massive = Massive()
    stooq: Stooq = Stooq()
    requests_per_minute: int = _key(60, "Most requests a minute to a host whose source sets no own limit.", ge=1)
    backoff_s: float = _key(60.0, "Seconds a refusing host is first left alone; doubles to 6 hours.", gt=0, le=21600)
    health: Health = Health()
    calendars: dict[str, str] = _table("Exchange calendar of a symbol, where the default is wrong.")
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Features:
    """What the models see."""

    families: tuple[Literal[
        "price", "technical", "volume", "volatility", "momentum", "pattern", "structure", "time", "market"
    ], ...] = _key(FAMILIES, "Families of the catalogue to use.")  # fmt: skip
    extra: tuple[dict[str, Any], ...] = _key(
        (), 'More indicators by name, as {"indicator": "kama", "length": 10}; checked for look-ahead before use.'
    )
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Model:
    """Which recipe is trained."""

    recipe: str = _key("pooled", "Recipe of new versions: a file name in stockml/models/recipes.")
    options: dict[str, Any] = _table("Options of the recipe.")
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Validation:
    """Purged walk-forward."""

    refit_sessions: int = _key(252, "Sessions between two refits.", ge=20, le=2520)
    window_years: float = _key(8.0, "Years of training rows before each refit.", ge=1, le=50)
    embargo: int = _key(5, "Sessions left out before each test block, besides the horizon.", ge=0, le=60)
    windows: int = _key(2, "Refit windows before a training whose forecasts judge the candidate.", ge=1, le=20)
    seed: int = _key(7, "Seed of everything random.", ge=0, le=2**31 - 1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Gate:
    """What a candidate must show before it is deployed."""

    min_accuracy: float | None = _key(None, "Optional floor on pooled direction accuracy.", ge=0, le=1)
    min_auc: float | None = _key(None, "Optional floor on the pooled AUC of the direction.", ge=0, le=1)
    min_brier_skill: float | None = _key(None, "Optional floor on the pooled Brier skill of the direction.", le=1)
    max_mape: float | None = _key(None, "Optional ceiling on the pooled mean relative price error.", gt=0)
    max_winkler_ratio: float | None = _key(
        None, "Optional ceiling on the pooled Winkler score of the 90 % interval over that of plain history.", gt=0
    )
    max_ece: float | None = _key(None, "Optional ceiling on the pooled calibration error above its noise.", ge=0, le=1)
    coverage_band: dict[str, tuple[float, float]] = field(
        default_factory=lambda: {"1": (0.86, 0.94), "5": (0.84, 0.96), "pooled": (0.88, 0.92)},
        metadata={"description": "Allowed coverage of the 90 % interval, per symbol by horizon, and pooled."},
    )
    leak_auc: float = _key(0.60, "Pooled AUC at horizon 1 above which a candidate is quarantined.", gt=0.5, le=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Retrain:
    """When training is due by age, and how often it may run."""

    max_age_days: float = _key(7.0, "A champion older than this is due.", gt=0)
    min_age_hours: float = _key(4.0, "A champion younger than this is never due.", ge=0)
    max_per_day: int = _key(6, "Trainings of one symbol in 24 hours.", ge=1)
    cooldown_days: float = _key(
        5.0, "Days without smart training after a rollback, and without heeding evidence after a training.", ge=0
    )
    avoid_market_hours: bool = _key(False, "Do not train while the exchange is open.")
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Shadow:
    """What a replaced champion still does."""

    sessions: int = _key(40, "Sessions it forecasts on beside the new one, and may return; 0 is none.", ge=0, le=250)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Triggers:
    """Thresholds that make training due on evidence."""

    evidence: Literal["required", "none"] = _key("required", "Whether a threshold needs statistical evidence.")
    min_direction_accuracy: float = _key(0.45, "Direction accuracy below this fires.", ge=0, le=1)
    max_mape: float = _key(0.05, "Mean absolute price error above this fires.", gt=0)
    min_confidence: float = _key(0.60, "Mean confidence below this fires.", ge=0, le=1)
    max_degradation: float = _key(0.10, "Relative loss against the accepted figures that fires.", gt=0)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Monitor:
    """Limits of the host's load, as fractions."""

    cpu: float = _key(0.90, "CPU use.", gt=0, le=1)
    memory: float = _key(0.90, "Memory use.", gt=0, le=1)
    disk: float = _key(0.90, "Disk use.", gt=0, le=1)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Schedule:
    """Unattended jobs."""

    zone: str | None = _key(None, "IANA time zone of the job times; null is the machine's.")
    jobs: dict[str, Any] = _table("Changes to the default jobs by name, and jobs of your own.")
    on_battery: Literal["run", "skip"] = _key("run", "Whether jobs that train run on battery.")
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Backup:
    """Where backups go, what makes one, and how long they stay."""

    folder: str | None = _key(None, "Folder of the backups; null is persistent_data/backups.", min_length=1)
    copies: tuple[str, ...] = _key(
        (), "Folders, or addresses that fsspec knows, to which every new backup is copied; keys come from elsewhere."
    )
    compress: bool = _key(False, "Compress what is stored with zstandard, if that is installed.")
    before_promotion: bool = _key(True, "Make one before a training replaces a champion.")
    keep_last: int = _key(7, "Newest backups kept.", ge=0)
    keep_daily: int = _key(7, "Days of which the newest backup is kept.", ge=0)
    keep_weekly: int = _key(4, "Weeks of which the newest backup is kept.", ge=0)
    keep_monthly: int = _key(6, "Months of which the newest backup is kept.", ge=0)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Cleanup:
    """What clean-up leaves."""

    keep_versions: int = _key(5, "Versions of a symbol kept besides those in use.", ge=1)
    log_days: int = _key(30, "Days that logs are kept.", ge=1)
    log_mb: float = _key(500.0, "Megabytes of logs that are kept; the oldest go first.", gt=0)
    trash_days: float = _key(7.0, "Days that what was cleaned away can be brought back.", ge=0)
    max_disk_gb: float = _key(5.0, "Disk budget of the workspace in gigabytes (10^9 bytes).", gt=0)
    reserve_mb: float = _key(200.0, "Megabytes of disk left free by trainings, backups and clean-up.", ge=0)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Alerts:
    """Who is told."""

    channels: tuple[dict[str, Any], ...] = _key(
        (), 'Where alerts go, as {"type": "log"}; types and their keys are in stockml/config/channels.py.'
    )
    cooldown_hours: float = _key(12.0, "Hours before the same alert is told again.", ge=0)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Execution:
    """How much runs at once."""

    jobs: int = _key(2, "Fits that run side by side, as threads.", ge=1, le=256)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Config:
    """The whole configuration. `{}` is valid: every key has a default."""

    as_of: str | None = _key(None, "Pins the clock to a session, as YYYY-MM-DD.", pattern=r"^\d{4}-\d\d-\d\d$")
    symbols: tuple[str, ...] = _key(DEFAULT_SYMBOLS, "The fleet.", min_length=1)
    horizons: tuple[int, ...] = _key((1, 5), "Forecast horizons in sessions.", min_length=1)
    data: Data = Data()
    features: Features = Features()
    model: Model = Model()
    validation: Validation = Validation()
    gate: Gate = Gate()
    retrain: Retrain = Retrain()
    shadow: Shadow = Shadow()
    triggers: Triggers = Triggers()
    expire_days: float = _key(90.0, "A champion older than this abstains.", gt=0)
    monitor: Monitor = Monitor()
    schedule: Schedule = Schedule()
    backup: Backup = Backup()
    cleanup: Cleanup = Cleanup()
    alerts: Alerts = Alerts()
    execution: Execution = Execution()
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
