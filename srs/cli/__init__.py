"""The command line. A command parses, calls one use case, and prints; what is slow to load is loaded inside it."""

from srs.cli.main import main

__all__ = ["main"]
