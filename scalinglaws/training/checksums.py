"""`scalinglaws checksums`: after a sweep into data/, note what its files now are."""

from ..paths import data_dir
from ..runs import write_checksums


def add_arguments(parser) -> None:
    pass


def run(args) -> int:
    print(write_checksums(data_dir()))
    return 0
