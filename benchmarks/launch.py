"""Runs one command and tells what it took. A program of its own, and small: a child's peak memory is never less than that
of the process that began it.

    python launch.py COMMAND…                     to its end
    python launch.py --until WORD KEYS COMMAND…   on a terminal, until WORD is shown; then KEYS are typed
"""

import os
import pty
import sys
import time


def main(arguments: list[str]) -> None:
    """Print four numbers: seconds until the end, or until the word is shown; seconds of processor; peak kB; exit code."""
    if arguments[0] == "--until":
        seconds, pid = _until(arguments[1].encode(), arguments[2].encode(), arguments[3:])
        _, status, usage = os.wait4(pid, 0)
    else:
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
        began = time.perf_counter()
        pid = os.posix_spawnp(arguments[0], arguments, os.environ, file_actions=null)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - began
    print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


def _until(word: bytes, keys: bytes, command: list[str]) -> tuple[float, int]:
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    shown = b""
    while word not in shown:
        read = _read(terminal)
        if not read:
            raise SystemExit(f"{command[0]} ended before it showed {word!r}: {shown[-500:]!r}")
        shown += read
    seconds = time.perf_counter() - began
    os.write(terminal, keys)
    while _read(terminal):
        pass
    return seconds, pid


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


if __name__ == "__main__":
    main(sys.argv[1:])
