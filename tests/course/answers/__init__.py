"""Answers that learners give, right and wrong, for every exercise of every notebook."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answers:
    """Code for one answer cell. `wrong`: pairs of code and a part of the reply that names the slip ("" where none is named).

    equal: mutants of the official solution that pass and may, with the reason why the statement cannot tell them apart.
    exempt: why the mutants of an answer say nothing about its check, and what holds it instead.
    """

    right: list[str] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    equal: dict[str, str] = field(default_factory=dict)
    exempt: str = ""


def choice(name: str, right: str, wrong: dict[str, str]) -> Answers:
    """Answers to a question with one right letter: every option, three spellings of the right one, and what is no option at all.

    name: the learner's variable. wrong: {letter: part of its reply}.
    """
    return Answers(
        right=[f'{name} = "{right}"', f"{name} = '{right.upper()}'", f'{name} = ["{right}"]'],
        wrong=[(f'{name} = "{letter}"', text) for letter, text in wrong.items()]
        + [
            (f'{name} = "z"', "not one of the options"),
            (f"{name} = 1", "letter of one option"),
            (f'{name} = "{right} and {next(iter(wrong))}"', "letter of one option"),
        ],
    )
