"""Arithmetic that a learner writes, evaluated without running code.

`eval` would run any code in an answer, even when marking a whole class. This walks the syntax tree
and accepts only numbers, the question's variables, + - * / // % **, and a few functions.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from scalinglaws.errors import CourseError

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, power: (
        float(base) ** power
    ),  # floats, because integers would grow without bound
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "pow": lambda base, power: float(base) ** power,
    "power": lambda base, power: float(base) ** power,
    "round": round,
    "sqrt": math.sqrt,
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_LONGEST = 300  # characters


def evaluate(text: str, variables: Mapping[str, float] | None = None) -> float:
    """The value of an expression such as "a * N**-b", at the given values of its variables.

    "return ..." and "loss = ..." count as the expression after them; `math.log` and `np.log` as
    `log`. Raises CourseError, in words for a learner, if it cannot be evaluated.
    """
    variables = variables or {}
    if len(text) > _LONGEST:
        raise CourseError(f"The expression is longer than {_LONGEST} characters: shorten it.")
    try:
        (statement,) = ast.parse(text.strip()).body
        if not isinstance(statement, ast.Expr | ast.Return | ast.Assign) or not statement.value:
            raise ValueError
        node = statement.value
    except (SyntaxError, ValueError, AttributeError, RecursionError, MemoryError):
        raise CourseError(f"{text!r} is not one Python expression: look for a typo.") from None

    def value(node: ast.AST) -> float:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return number
            case ast.Name(id=name) if name in variables:
                return variables[name]
            case ast.Name(id=name) if name in _CONSTANTS:
                return _CONSTANTS[name]
            case ast.Attribute(value=ast.Name(id="math" | "np"), attr=name) if name in _CONSTANTS:
                return _CONSTANTS[name]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(operand))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math" | "np"), attr=name),
                args=args,
                keywords=[],
            ) if name in _FUNCTIONS:
                return _FUNCTIONS[name](*(value(argument) for argument in args))
            case ast.BinOp(op=ast.BitXor()):
                raise CourseError("In Python ^ is not a power: write ** instead.")
            case ast.Name(id=name):
                known = ", ".join(variables) or "numbers"
                raise CourseError(f"{name} is not known here: use {known}.")
        raise CourseError(
            "Only numbers, the given names, + - * / // % ** and functions such as log, exp and "
            "sqrt are allowed here."
        )

    try:
        result: Any = value(node)
        if isinstance(result, complex) or not math.isfinite(result):
            raise ValueError
        return float(result)
    except (ArithmeticError, ValueError, TypeError, RecursionError):
        at = ", ".join(f"{name} = {number:g}" for name, number in variables.items())
        raise CourseError(f"{text!r} has no finite value{f' at {at}' if at else ''}.") from None
