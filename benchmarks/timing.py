"""Whole processes and pieces of one, timed: always in turns with what they are compared to, on the same machine and load."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from statistics import median, quantiles

LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: seconds by the clock, seconds of processor, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Command:
    """A command to time. `until`: a word on the terminal that ends the timing; then `keys` are typed.

    `before` is done ahead of each run, and is not timed.
    """

    words: Sequence[str]
    until: str | None = None
    keys: str = "q"
    before: Callable[[], object] | None = None

    def run(self, environment: Mapping[str, str]) -> Run:
        """Raises CalledProcessError when the command fails."""
        if self.before is not None:
            self.before()
        watched = ["--until", self.until, self.keys] if self.until is not None else []
        launched = [sys.executable, "-I", "-S", str(LAUNCH), *watched, *self.words]
        done = subprocess.run(launched, env=environment, capture_output=True, text=True, check=True)
        wall, cpu, peak, code = (float(word) for word in done.stdout.split())
        if code:
            raise subprocess.CalledProcessError(int(code), self.words, done.stdout, done.stderr)
        return Run(wall, cpu, peak / 1024)


def in_turns(
    commands: Mapping[str, Command], runs: int, environment: Mapping[str, str], *, warm: bool = True
) -> dict[str, list[Run]]:
    """Each command `runs` times, all of them in turns (A B A B …); to `warm` is to fill the caches by a round before."""
    for command in commands.values() if warm else ():
        command.run(environment)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(command.run(environment))
    return found


def wall(runs: Sequence[Run]) -> float:
    return median(run.wall for run in runs)


def memory(runs: Sequence[Run]) -> float:
    return max(run.memory for run in runs)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the ratios pair by pair: what slows the machine for a while slows both of a pair."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def walls(runs: Sequence[Run]) -> list[float]:
    return [run.wall for run in runs]


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def middle(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 99th percentile."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[98]


def answered(words: Sequence[str], environment: Mapping[str, str], *, silent: bool = False) -> list[float]:
    """What a script of a peer measured of itself: a JSON list of seconds on its last line; nothing of one that is `silent`."""
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\n{done.stderr}")
    return [] if silent else [float(seconds) for seconds in json.loads(done.stdout.splitlines()[-1])]


def growth(points: Sequence[tuple[float, float]]) -> float:
    """The exponent by which a cost grows with size, by least squares over (size, cost): 0 stays, 1 grows in proportion."""
    x, y = [log(size) for size, _ in points], [log(cost) for _, cost in points]
    mid_x, mid_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mid_x) * (b - mid_y) for a, b in zip(x, y, strict=True)) / sum((a - mid_x) ** 2 for a in x)
