"""Whether the machine is one that stockml can work on: Linux, processors, memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

NAME, ORDER, NEEDS_WORKSPACE = "machine", 10, False
FEWEST_BYTES = 600e6  # a training of 12 symbols with 8 years of daily bars peaked at 517 MB
GROUP = Path("/sys/fs/cgroup/memory.max")
GB = 1e9


def check(case: Case) -> list[Finding]:
    total, available = _memory()
    return judge(sys.platform, len(os.sched_getaffinity(0)), total, available, case.rules.execution.jobs)


def judge(platform: str, cores: int, total: float, available: float, jobs: int) -> list[Finding]:
    """Findings from the facts: processors this process may use, bytes of memory in all and to be had."""
    if platform != "linux":
        told = f"this is {platform}; locks and clean-up rely on Linux"
        return [Finding(NAME, "platform", "bad", told, "run stockml on Linux")]
    figures = {"cores": cores, "memory_bytes": total, "memory_available_bytes": available}
    found = []
    if available < FEWEST_BYTES:
        told = f"{available / GB:.1f} of {total / GB:.1f} GB are free; training takes about {FEWEST_BYTES / GB:g}"
        found.append(Finding(NAME, "memory", "warning", told, "end other programs, or add memory or swap", figures))
    if jobs > cores:
        told = f"execution.jobs is {jobs}, and there {'is' if cores == 1 else 'are'} {several(cores, 'processor')}"
        advice = f"stockml config set execution.jobs {cores}"
        found.append(Finding(NAME, "jobs", "note", f"{told}: fits would wait for each other", advice, figures))
    told = f"Linux, {several(cores, 'processor')}, {total / GB:.1f} GB memory, {available / GB:.1f} free"
    return found or [Finding(NAME, "fit", "ok", told, figures=figures)]


def _memory() -> tuple[float, float]:
    """Bytes of memory in all, and of those that can be had; no more than a container may use."""
    lines = (line.partition(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    told = {key: float(value.split()[0]) * 1024 for key, _, value in lines}
    limit = float("inf")
    if GROUP.is_file() and (text := GROUP.read_text(encoding="ascii").strip()).isdecimal():
        limit = float(text)
    return min(told["MemTotal"], limit), min(told["MemAvailable"], limit)
