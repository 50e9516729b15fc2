"""The command line.

words of a shell -> exit code           commands.main
MODEL TABLE -> a folder of results      run.run_model
MODEL TABLE -> what would be fitted     check.check_table
MODEL TABLE -> under other choices      sensitivity.run_universes
CONFIG -> a quarter as published        quarter.run_config
"""

from varmodel.cli.commands import main

__all__ = ["main"]
