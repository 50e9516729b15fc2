"""The command line."""

from varmodel.cli.commands import main

__all__ = ["main"]
