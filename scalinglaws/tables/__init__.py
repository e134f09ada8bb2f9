"""Tables of runs as people have them: `read_runs("runs.csv")`.

CSV, TSV, semicolons with decimal commas, JSON, JSON Lines, Parquet and wandb's exports; columns
under the names that people use; 70M, 1.4T and 1,000,000. If something can't be right, the error
says in one sentence which line it is and what to do.
"""

from .checks import ACCEPTABLE
from .columns import NAMES, parse_mapping, parse_units
from .read import RunTable, read_runs

__all__ = ["ACCEPTABLE", "NAMES", "RunTable", "parse_mapping", "parse_units", "read_runs"]
