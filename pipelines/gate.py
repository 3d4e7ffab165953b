"""The gate: whether a model may be registered, and if not, which rule refused it, by which numbers, and what would work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.005
"""Another model has to be surely better by more than this ROC-AUC: two good models differ by as much from one window to the next."""

GROUP_BIAS = 0.10
"""How far a group's predicted share may be from the observed one, beyond chance."""

NOTHING = "none"
LONGEST_REFUSAL = 1_000


@dataclass(frozen=True)
class Limits:
    """The knobs: lowest and highest ROC-AUC, and the highest calibration error."""

    minimum_auc: float = 0.55
    maximum_auc: float = 0.97
    maximum_ece: float = 0.04


def judge(report: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """`passed` as the text `true` or `false` (a pipeline compares texts), `refusal` (`none` when passed) and the names of the `rules`."""
    refused = dict(_refusals(report, limits))
    text = f"The gate refused the {report['model']} model ({report['published']}): " + " Also: ".join(refused.values())
    return {
        "passed": "false" if refused else "true",
        "refusal": _shortened(text) if refused else NOTHING,
        "rules": sorted(refused),
        "limits": {"minimum_auc": limits.minimum_auc, "maximum_auc": limits.maximum_auc, "maximum_ece": limits.maximum_ece},
    }


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_REFUSAL else text[: LONGEST_REFUSAL - 1] + "…"


def _refusals(report: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    yield from _leak(report, limits)
    yield from _weak(report, limits)
    yield from _beaten(report)
    yield from _uncalibrated(report, limits)
    yield from _unstable(report, limits)


def _leak(report: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    name = max(report["candidates"], key=lambda n: float(report["candidates"][n]["roc_auc"]))
    highest = report["candidates"][name]["roc_auc"]
    if highest > limits.maximum_auc:
        yield (
            "leak",
            (
                f"{name} has a ROC-AUC of {highest:.3f} on later time, above {limits.maximum_auc} (gate_maximum_auc), which is a leak "
                "until shown otherwise: look for a feature that knows what came after its date, first among "
                f"{', '.join(each['name'] for each in report['curves']['drivers'][:3])}. Where none does, as with customers who buy like "
                "clockwork, a higher gate_maximum_auc would work."
            ),
        )


def _weak(report: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    if report["roc_auc"] < limits.minimum_auc:
        low, high = report["intervals"]["roc_auc"]
        yield (
            "too weak",
            (
                f"its ROC-AUC on later time is {report['roc_auc']:.3f} (95 % interval {low:.3f} to {high:.3f}), below "
                f"{limits.minimum_auc} (gate_minimum_auc): it hardly orders customers. More history or more customers would help, or "
                "features that tell more about them."
            ),
        )


def _beaten(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rivals = {f"the baseline {name}": found for name, found in report["against"].items()}
    if report["champion"].get("difference"):
        rivals[f"the champion {report['champion']['archive']}"] = report["champion"]["difference"]
    for name, found in rivals.items():
        if found["high"] < -TOLERANCE:
            rule = "beaten by a baseline" if "baseline" in name else "beaten by the champion"
            keep = "Check what changed between the validation and the test window" if "baseline" in name else "The champion stays in use"
            yield (
                rule,
                (
                    f"on the test window {name} is better by {-found['value']:.3f} ROC-AUC (95 % interval of the difference "
                    f"{found['low']:.3f} to {found['high']:.3f}; {TOLERANCE} is tolerated). {keep}; train again with newer data."
                ),
            )


def _uncalibrated(report: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    error, limit = report["calibration_error"], report["calibration_limit"]
    if error > limit:
        yield (
            "not calibrated",
            (
                f"its probabilities are off by {error:.3f} on average, above {limits.maximum_ece} (gate_maximum_ece) by more than chance "
                f"explains for {report['population']} customers (up to {limit:.3f}): {report['predicted']:.3f} predicted, "
                f"{report['observed']:.3f} "
                "observed. The season may have changed; training on a year or more of history, or a higher limit, would work."
            ),
        )


def _unstable(report: Mapping[str, Any], limits: Limits) -> Iterator[tuple[str, str]]:
    for group in report["groups"]:
        name = f"{group['kind']} {group['name']!r} ({group['population']} customers)"
        if group["interval"] and group["interval"][1] < limits.minimum_auc:
            yield (
                f"unstable: {group['kind']}",
                (
                    f"of {name} it orders nobody: ROC-AUC {group['roc_auc']:.3f} with an upper bound of {group['interval'][1]:.3f}, below "
                    f"{limits.minimum_auc} (gate_minimum_auc). Features that tell about this group are needed."
                ),
            )
        noise = 2.6 * (group["observed"] * (1 - group["observed"]) / group["population"]) ** 0.5
        if group["interval"] and abs(group["predicted"] - group["observed"]) > GROUP_BIAS + noise:
            yield (
                f"biased: {group['kind']}",
                (
                    f"of {name} it predicts {group['predicted']:.3f} where {group['observed']:.3f} was observed; {GROUP_BIAS} beyond "
                    "chance is allowed. Features that tell about this group are needed."
                ),
            )
