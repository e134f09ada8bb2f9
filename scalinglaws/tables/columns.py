"""Which column means what: the names that people give to N, D, C, the loss and the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import CourseError
from .files import Cells, listed, shortened, sideways
from .numbers import LOSS_UNITS, Unit, is_number, parse_number, parse_unit

# What a column can mean. N, D, C, U, loss and step are numbers; the others are labels.
NUMBERS = ("N", "D", "C", "loss", "M", "U", "epochs", "step")
LABELS = ("run", "group", "seed")
NAMES = (*NUMBERS, *LABELS)

# Names in lower case with "_" between words, the most likely first.
_SYNONYMS = {
    "N": """
        params n_params num_params nparams parameters n_parameters num_parameters
        number_of_parameters number_of_params param_count params_count parameter_count
        total_params total_parameters params_total model_params model_parameters n_model_params
        num_model_params model_size size modelsize trainable_params n_total n_active active_params
        n_params_total model_n_params model_num_params n_non_embedding non_embedding_params
        params_non_embedding n_params_non_embedding num_params_non_embedding
        non_embedding_parameters nonembedding_params non_emb_params params_non_emb n_nonemb params_no_embed params_active params_all n
    """,
    "D": """
        tokens n_tokens num_tokens ntokens training_tokens train_tokens tokens_trained
        tokens_seen total_tokens n_train_tokens num_train_tokens n_training_tokens
        number_of_tokens consumed_tokens token_count tokens_total train_tokens_seen data_tokens
        n_tokens_seen tokens_processed data data_size dataset_size training_data training_data_size tok d
    """,
    "C": """
        compute flops flop training_flops training_flop train_flops train_flop total_flops
        total_flop compute_flops compute_budget flops_budget budget_flops budget training_compute
        train_compute training_compute_flop training_compute_flops compute_flop flops_total
        n_flops num_flops isoflop_budget flop_budget flops_bucket flop_bucket c_flops c
    """,
    "loss": """
        loss val_loss validation_loss valid_loss eval_loss test_loss loss_val loss_eval
        loss_validation loss_test final_val_loss final_eval_loss final_validation_loss final_loss
        cross_entropy ce_loss val_ce eval_ce test_ce valid_ce val_ce_loss xent nll val_nll test_nll ce cross_entropy_loss
        val_cross_entropy train_loss training_loss loss_train final_train_loss bits_per_byte bpb
        val_bpb bpc bits_per_character val_bpc loss_bpc perplexity ppl val_ppl val_perplexity
        nats_per_token nats_per_byte val_nats_per_token bits_per_token val_bits_per_token bpt val_bpt l
    """,
    "M": """
        tokens_per_param tokens_per_parameter tpp token_multiplier tokens_params_ratio d_over_n d_n
        dn_ratio d_n_ratio token_param_ratio token_to_param_ratio tokens_to_params_ratio
        tokens_per_params tok_per_param tok_param tokens_param chinchilla_multiplier
    """,
    "U": """
        unique_tokens n_unique_tokens num_unique_tokens tokens_unique d_unique unique
        unique_data u_d unique_d u
    """,
    "epochs": "epochs n_epochs num_epochs epoch data_epochs",
    "step": "step steps global_step iteration iterations iter train_step training_step",
    "run": "run run_id run_name runid id name display_name exp_id experiment_id",
    "group": "group",
    "seed": "seed random_seed rng_seed",
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    name: tuple(words.split()) for name, words in _SYNONYMS.items()
}

_WANDB = re.compile(
    r"^(config|summary|metrics|hparams)[./:]"
)  # the prefixes of an export's columns
# A unit at the end of a name: "tokens (B)", "params_millions", "compute_EF".
_UNIT_IN_NAME = re.compile(
    r"(?P<name>.*?)(?:[_ ]*[(\[](?P<bracket>[^)\]]*)[)\]]"
    r"|(?:[_ ]|(?: in |, ?| ?/ ?))(?P<tail>m|b|bn|t|k|millions?|billions?|trillions?|ef|zf|pf"
    r"|eflops?|zflops?|pflops?|pf_days|bits|nats)(?: of \w+)?)\s*",
    re.IGNORECASE,
)
# FLOPs with a prefix, "total_gflops"; alone, "gflops" is mostly the speed of a machine.
_PREFIXED_FLOPS = re.compile(r"(?P<name>.+_)(?P<prefix>[kmgtpezy])(?P<flops>flops?)")
_LOG_IN_NAME = re.compile(r"(?P<base>log10|log2|log|lg|ln)(?:[_ ]+|\((?=.*\)$))(?P<name>.+?)\)?")
_SPREAD = re.compile(
    r"(^|_)(std|stderr|se|sem|sd|var|err|error|lower|upper|low|high|ci|min|max)($|_)"
)
_LOSS_NAMES = {
    "bits_per_byte": "bpb", "bpb": "bpb", "val_bpb": "bpb",
    "bits_per_character": "bpb", "bpc": "bpb", "val_bpc": "bpb", "loss_bpc": "bpb",
    "perplexity": "ppl", "ppl": "ppl", "val_ppl": "ppl", "val_perplexity": "ppl",
}  # fmt: skip


# Of a token, so that it is clear what they are in nats.
_BITS = ("bits_per_token", "val_bits_per_token", "bpt", "val_bpt")


# A run with this many tokens per parameter has chinchilla_multiplier 1 (Hoffmann et al. 2022).
_CHINCHILLA_RATIO = 20.0


@dataclass(frozen=True)
class Found:
    """The column found for a meaning, and the unit from its name or from the user."""

    column: str
    unit: Unit | None = None
    note: str = ""


def normalised(name: str) -> str:
    """A column's name in the form of `SYNONYMS`: "Model Size" is model_size, "val/loss" val_loss.

    >>> normalised("Model Size"), normalised("_step"), normalised("numParams")
    ('model_size', 'step', 'num_params')
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def parse_mapping(text: str) -> dict[str, str]:
    """{"N": "params"} from "N=params,…". Raises CourseError for anything else.

    >>> parse_mapping("N=params, loss=val/loss")
    {'N': 'params', 'loss': 'val/loss'}
    """
    return _pairs(text, "--columns", "N=params,loss=val_loss", NAMES)


def parse_units(text: str) -> dict[str, Unit]:
    """{"N": millions} from "N=M,D=B,C=EF,loss=ppl". Raises CourseError for anything else."""
    pairs = _pairs(text, "--unit", "N=M,D=B,C=EF,loss=ppl", ("N", "D", "C", "U", "loss"))
    return {name: parse_unit(name, unit) for name, unit in pairs.items()}


def _pairs(text: str, option: str, example: str, names: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    known = ", ".join(names)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value or name not in names:
            raise CourseError(
                f"{option} takes pairs such as {example}, with the names {known}; it cannot read "
                f"{part!r}."
            )
        pairs[name] = value
    return pairs


def find_columns(
    cells: Cells, mapping: Mapping[str, str], units: Mapping[str, Unit]
) -> dict[str, Found]:
    """The column for each meaning: as the user says, otherwise by its name.

    Raises CourseError if a column that the user gave is absent, if two columns are equally likely,
    and if no column can be the loss.
    """
    found: dict[str, Found] = {}
    for name in NAMES:
        if name in mapping:
            column = _named_column(cells, name, mapping[name])
            found[name] = Found(column, units.get(name))
        elif (guess := _guess(cells, name, set(mapping.values()))) is not None:
            found[name] = Found(
                guess.column,
                units.get(name, guess.unit),
                "" if name in units else guess.note,
            )
    if "N" not in found and (sizes := _sizes(cells, {f.column for f in found.values()})):
        found["N"] = sizes
    if "loss" not in found:
        if rows := _lies_on_its_side(cells):
            raise sideways(cells.source, rows, "read_csv(file, header=None, index_col=0).T")
        raise CourseError(
            f"{cells.source} has no column for the loss; it has {listed(cells.columns)}: "
            + (_WIDE if _is_wide(cells.columns) else "name yours with --columns loss=…")
            + _SCORES * any(_SCORE.search(normalised(column)) for column in cells.columns)
            + _REWARDS * any(_REWARD.search(normalised(column)) for column in cells.columns)
        )
    for name, choice in found.items():
        match = _LOG_IN_NAME.fullmatch(choice.column.strip().lower())
        if choice.unit is None and match and match["base"] == "log" and name in NUMBERS:
            raise CourseError(
                f"{shortened(choice.column)} is a logarithm by its name, but the base is unclear: "
                f"add --unit {name}=log10 or --unit {name}=ln."
            )
        others = [
            other for other in mapping if other != name and found[other].column == choice.column
        ]
        if others and name in mapping:
            raise CourseError(
                f"--columns says that {choice.column!r} is both {name} and {others[0]}: one column "
                "has one meaning."
            )
        if choice.column in cells.twice:
            raise CourseError(
                f"{cells.source} has the column {choice.column!r} more than once, so it is not "
                f"clear which one "
                f"is {name}: rename or remove one of them."
            )
    return found


def _named_column(cells: Cells, name: str, wanted: str) -> str:
    if wanted in cells.columns:
        return wanted
    alike = [column for column in cells.columns if normalised(column) == normalised(wanted)]
    if len(alike) == 1:
        return alike[0]
    raise CourseError(
        f"{cells.source} has no column {wanted!r}; it has {listed(cells.columns)}: name yours with "
        f"--columns "
        f"{name}=…"
    )


def _guess(cells: Cells, name: str, taken: set[str]) -> Found | None:
    """The most likely column for a meaning."""
    every = [column for column in cells.columns if column not in taken]
    free = [column for column in every if not _is_empty(cells.columns[column])]
    best = _by_rank(name, free)
    if name == "loss" and not best and not any(map(_is_loss, free)):
        free, best = every, _by_rank(name, every)  # the loss itself is missing everywhere
    if name in free:  # exactly our own name
        return Found(name)
    if not best and name == "loss":
        losses = [c for c in free if _is_loss(c) and not _SPREAD.search(normalised(c))]
        if len(losses) == 1:
            return Found(losses[0], note=f"the loss is the column {losses[0]!r}")
        if losses:
            raise CourseError(
                f"{cells.source} has several losses ({listed(losses)}): "
                + (_WIDE if _is_wide(losses) else "choose one with --columns loss=…")
            )
    best = _without_words(cells, name, best)
    if not best:
        return None
    choices = best[min(best)]
    if len(choices) > 1:
        names = listed(choice.column for choice in choices)
        raise CourseError(
            f"{cells.source} has more than one column that could be {name} ({names}): choose one "
            f"with "
            f"--columns {name}=…"
        )
    choice = choices[0]
    others = [c.column for rank in sorted(best) if rank > min(best) for c in best[rank]]
    if name == "N":
        sizes = [c for c in free if _PARAMS.fullmatch(normalised(c)) and c != choice.column]
        others += [c for c in sizes if c not in others and any(map(is_number, cells.columns[c]))]
    if others and name in ("N", "D", "C", "loss") and not choice.note:
        return Found(
            choice.column,
            choice.unit,
            f"{name} is the column {choice.column!r}, not {' or '.join(map(repr, others))}",
        )
    return choice


_PARAMS = re.compile(r"(?!.*(per|ratio))(.*_)?(params?|parameters)(_.*)?")


def _without_words(
    cells: Cells, name: str, best: Mapping[int, list[Found]]
) -> dict[int, list[Found]]:
    """The columns that can have a meaning, without those that hold words only, such as the names of
    data sets in a column "data"; if all do, they stay, but for a column of that name.
    """
    if name not in NUMBERS:
        return dict(best)
    left: dict[int, list[Found]] = {}
    for rank, choices in best.items():
        if some := [c for c in choices if any(map(is_number, cells.columns[c.column]))]:
            left[rank] = some
    if left or not best:
        return left
    named = {
        rank: [c for c in found if normalised(c.column) != "data"] for rank, found in best.items()
    }
    return {rank: found for rank, found in named.items() if found}


def _by_rank(name: str, columns: Iterable[str]) -> dict[int, list[Found]]:
    """The columns that can have a meaning, the most likely first."""
    best: dict[int, list[Found]] = {}
    for column in columns:
        for rank, choice in _ranks(name, column):
            best.setdefault(rank, []).append(choice)
    return best


def _is_empty(written: Iterable[str]) -> bool:
    """Whether there are rows, and none has a value in a column."""
    values = [parse_number(text) for text in written]
    return bool(values) and all(value is not None and math.isnan(value) for value in values)


_WIDE = (
    "if each of these columns is one number of tokens or one size, give every run its own row "
    "(pandas: melt), with that number in a column D or N"
)


_SCORE = re.compile(r"(^|_)(acc|accuracy|score|error|error_rate|em|f1)($|_)")
_SCORES = "; an accuracy or a score is not a loss: in Python, fit_accuracy and fit_error take those"


_REWARD = re.compile(r"(^|_)(rewards?|returns?|pass_rate|win_rate|elo)($|_)")
_REWARDS = "; a reward is not a loss: in Python, fit_law(RewardLaw, …) takes those"


def _is_wide(names: Iterable[str]) -> bool:
    """Whether three names or more are numbers, or end in one: a column for each value of a variable."""
    ends = [re.split(r"[@=_ ]", name.strip())[-1] for name in names]
    return sum(map(is_number, ends)) >= 3


def _lies_on_its_side(cells: Cells) -> list[str]:
    """The names in the first column, if those are what should be columns; otherwise none."""
    first, *others = cells.columns
    names = [text for text in (first, *cells.columns[first]) if not is_number(text)]
    sideways = len(others) > 2 and all(
        any(_ranks(name, text) for text in names) for name in ("loss", "N")
    )
    return names if sideways else []


_SIZE = re.compile(r"\d+(\.\d+)?\s*[KMB](\s*params?)?", re.IGNORECASE)


def _sizes(cells: Cells, taken: set[str]) -> Found | None:
    """A column of models that are called by their size, such as 70M."""
    for column, written in cells.columns.items():
        called = re.search(
            r"(^|_)(model|name|config|variant|arch|architecture)($|_)", normalised(column)
        )
        if (
            called
            and column not in taken
            and len(set(written)) > 1
            and all(_SIZE.fullmatch(text.strip()) for text in written)
        ):
            return Found(
                column, note=f"N was read from {column!r}, whose models are called by size"
            )
    return None


def _ranks(name: str, column: str) -> list[tuple[int, Found]]:
    """How likely a column has a meaning: (rank, choice), where 0 is the most likely; empty if it
    cannot.
    """
    if name != "loss" and re.search(r"\.\d+\.", column):
        return []  # an element of a list within a record, such as the tokens of one evaluation
    synonyms = SYNONYMS[name]
    plain = normalised(column)
    inner = normalised(column.rsplit(".", 1)[-1])  # of wandb's "config.N"
    after = normalised(_WANDB.sub("", column))  # of "summary/val/loss"
    for order, form in enumerate((plain, inner, after)):
        if form in synonyms:
            choice = Found(column)
            if name == "loss" and form in _LOSS_NAMES:
                choice = Found(column, note=f"{column!r} was taken for the loss")
            elif form in _BITS:
                bits = parse_unit(name, "bits")
                choice = Found(
                    column, bits, f"{column!r} was read in units of bits, as its name says"
                )
            elif form == "chinchilla_multiplier":
                unit = Unit("20 tokens per parameter", lambda value: _CHINCHILLA_RATIO * value)
                choice = Found(column, unit, f"{column!r} was read in units of {unit.name}")
            return [(3 * synonyms.index(form) + order, choice)]
    if name not in ("N", "D", "C", "U", "loss"):
        return []
    for form, unit in _with_unit(name, column):
        if form in synonyms:
            note = f"{column!r} was read in units of {unit}, as its name says" if unit else ""
            found = Found(column, parse_unit(name, unit) if unit else None, note)
            return [(3 * synonyms.index(form) + 1, found)]
    last = normalised(
        re.split("[./:]", column)[-1]
    )  # "throughput/total_tokens" gives "total_tokens"
    if last != plain and name != "loss":
        return [(rank + 3 * len(synonyms), found) for rank, found in _named_by(name, column, last)]
    return []


def _named_by(name: str, column: str, last: str) -> list[tuple[int, Found]]:
    """The ranks of a column by the last part of its name."""
    return [
        (rank, Found(column, found.unit, found.note.replace(repr(last), repr(column))))
        for rank, found in _ranks(name, last)
    ]


def _with_unit(name: str, column: str) -> Iterator[tuple[str, str]]:
    """How a column's name can be read as another name with a unit: (normalised name, unit or "")."""
    text = column.strip()
    if name == "C" and normalised(text) in ("pf_days", "petaflop_s_days", "petaflops_days"):
        yield "compute", "PF-days"
    match = _LOG_IN_NAME.fullmatch(text.lower())
    if match:
        yield normalised(match["name"]), "" if match["base"] == "log" else match["base"]
    match = _PREFIXED_FLOPS.fullmatch(normalised(text))
    if match and name == "C":
        yield match["name"] + match["flops"], f"{match['prefix'].upper()}F"
    match = _UNIT_IN_NAME.fullmatch(text)
    if match:
        unit = match["bracket"] or match["tail"] or ""
        unit = re.sub(r"flops?$", "F", unit, flags=re.I) if name == "C" else unit
        try:
            parse_unit(name, unit)
        except CourseError:
            unit = ""
        yield normalised(match["name"]), unit


def has_names(cells: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether a line of text holds the names of the columns: the loss, and N, D or C."""
    names = [cell.strip() for cell in cells if cell.strip()]
    if mapping and set(mapping.values()) <= set(names):
        return True
    losses = any(_ranks("loss", cell) or _is_loss(cell) for cell in names)
    return losses and any(_ranks(name, cell) for name in ("N", "D", "C") for cell in names)


def _is_loss(column: str) -> bool:
    return re.search(r"(^|_)(loss|xent|cross_entropy|nll)($|_)", normalised(column)) is not None


def loss_unit_by_name(column: str) -> str | None:
    """ "bpb" or "ppl" if the column's name gives that unit instead of nats."""
    plain = normalised(column)
    if plain in _LOSS_NAMES:
        return _LOSS_NAMES[plain]
    if re.search(r"(^|_)(bpb|bits_per_byte)($|_)", plain):
        return "bpb"
    return "ppl" if re.search(r"(^|_)(ppl|perplexity)($|_)", plain) else None


__all__ = [
    "LABELS",
    "LOSS_UNITS",
    "NAMES",
    "NUMBERS",
    "Found",
    "find_columns",
    "has_names",
    "parse_mapping",
    "parse_units",
]
