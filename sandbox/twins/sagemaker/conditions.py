"""The conditions of a Condition step."""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from sandbox.twins.sagemaker.expressions import ExpressionError, Scope, resolve

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": gt,
    "GreaterThanOrEqualTo": ge,
    "LessThan": lt,
    "LessThanOrEqualTo": le,
}
TYPES = (*_ORDERED, "Equals", "In", "Not", "Or")


def holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    """Whether one condition is true. ExpressionError when its values cannot be had or compared."""
    match condition["Type"]:
        case "Equals":
            return bool(resolve(condition["LeftValue"], scope) == resolve(condition["RightValue"], scope))
        case "In":
            return resolve(condition["QueryValue"], scope) in [resolve(value, scope) for value in condition["Values"]]
        case "Not":
            return not holds(condition["Expression"], scope)
        case "Or":
            return any(holds(each, scope) for each in condition["Conditions"])
        case kind if kind in _ORDERED:
            left, right = (resolve(condition[side], scope) for side in ("LeftValue", "RightValue"))
            if not (_is_number(left) and _is_number(right)):
                raise ExpressionError(f"{kind} compares numbers, got {left!r} and {right!r}")
            return _ORDERED[kind](left, right)
        case kind:
            raise ExpressionError(f"unknown condition {kind!r}; expected one of {', '.join(TYPES)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
