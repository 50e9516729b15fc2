"""A quarter: many indicators, each a unit that is whole or not there, and what they come to.

TOML file -> configuration                    declared.reading.read_config
configuration, folder, seed -> Quarter        run.run_quarter
an indicator -> its unit                      unit.do_unit
units -> the quarter's facts                  gathering.gather
savings of units -> sums                      sums.national.add_up
"""

from varmodel.batch.quarter.declared.config import QuarterConfig
from varmodel.batch.quarter.declared.reading import read_config
from varmodel.batch.quarter.outcome import Quarter
from varmodel.batch.quarter.run import run_quarter

__all__ = ["Quarter", "QuarterConfig", "read_config", "run_quarter"]
