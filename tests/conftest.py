"""What all tests share: the real command line, a trained sample workspace, and two guards (network, home)."""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported anywhere

import importlib.util
import ipaddress
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _shared
import _warm
import pytest
from hypothesis import settings

REAL_HOME = Path.home()
# Where a slip would land.
PRIVATE = (".local/share/stockml", ".local/state/stockml", ".config/stockml", ".cache/stockml", ".stockml")

settings.register_profile("any machine", deadline=None)  # a slow machine is no failure
settings.load_profile("any machine")


@dataclass(frozen=True)
class Ran:
    """How one run of the command line ended."""

    returncode: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """The envelope. Fails unless standard output holds exactly one JSON document on one line."""
        assert self.stdout.count("\n") == 1 and self.stdout.endswith("\n"), self.stdout + self.stderr
        return json.loads(self.stdout)


def run_command(
    home: Path, *arguments: str, cwd: Path | None = None, cold: bool = True, **more: str
) -> Ran:
    """Run the real command in a process of its own, in an environment that holds nothing of the user's."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100",
        "LANG": "C.UTF-8", "TZ": "UTC", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(home),
        **more,
    }  # fmt: skip
    if cold:
        done = subprocess.run(
            [sys.executable, "-m", "stockml", *arguments], env=environment, cwd=cwd or home, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
    else:
        done = _warm.run(list(arguments), environment, folder=cwd or home)
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def cli(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """`cli(*arguments, **environment)` runs the real command with an empty folder as home and working folder.

    In a fork of a process that has its imports, unless `cold=True`: started as people start it.
    """
    home = tmp_path_factory.mktemp("user")

    def run(*arguments: object, cold: bool = False, **more: Any) -> Ran:
        return run_command(home, *map(str, arguments), cold=cold, **more)

    return run


@pytest.fixture(scope="session")
def needs_sample() -> None:
    """Skips where the sample prices are not installed."""
    if importlib.util.find_spec("bokeh_sampledata") is None:
        pytest.skip("bokeh_sampledata is not installed")


@pytest.fixture(scope="session")
def sample_home(needs_sample: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample workspace, trained and with forecasts, built once. Read it only; `sample_copy` may change."""

    def make(home: Path) -> None:
        small = ("config", "set", "model.options.rounds", "40")  # trees enough to be a model of trees
        for words in (("init", "--provider", "sample"), small, ("train", "--all"), ("predict",)):
            ran = run_command(tmp_path_factory.mktemp("user"), *words, "--home", str(home), "-q")
            assert ran.returncode == 0, f"{words}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"

    return _shared.once(tmp_path_factory, "sample", make)[0]


@pytest.fixture
def sample_copy(sample_home: Path, tmp_path: Path) -> Path:
    """A copy of `sample_home` of the test's own."""
    return Path(shutil.copytree(sample_home, tmp_path / "workspace"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to an address that is not this machine's own loopback fails the test that made it."""
    plain, plain_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise RuntimeError(f"a test wanted to connect to {address[0]}")

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        plain(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return plain_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def nothing_in_the_users_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the tests a home of their own, and fail at the end if the user's has something new of ours."""
    before = {name: _newest(REAL_HOME / name) for name in PRIVATE}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("STOCKML_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            patch.delenv(name, raising=False)
        yield
    touched = [name for name in PRIVATE if _newest(REAL_HOME / name) != before[name]]
    assert not touched, f"the tests wrote into the user's home: {touched}"


def _newest(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in [folder, *folder.rglob("*")] if path.exists())
