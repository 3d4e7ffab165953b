"""An experiment's picture: each arm's difference to control with its interval, one row a metric and arm, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.report.charts import BAD, GOOD, SECOND, axes_for, svg


def picture(result: Mapping[str, Any]) -> str:
    """The lift of every arm and metric over control, in percent of control; what nobody can say is left out."""
    rows = [reading for reading in result["readings"] if reading["difference"]["lift_low"] is not None]
    figure, axes = axes_for("lift over control, % (with its interval)", "", height=0.9 + 0.42 * max(len(rows), 1))
    for place, reading in enumerate(reversed(rows)):
        _row(axes, place, reading)
    axes.axvline(0, color=SECOND, linewidth=1)
    axes.set_yticks(range(len(rows)), [f"{reading['metric'].replace('_', ' ')}, {reading['arm']}" for reading in reversed(rows)])
    axes.grid(visible=False, axis="y")
    return svg(figure, f"what {result['plan']['name']} changed: {told(rows)}")


def told(rows: Sequence[Mapping[str, Any]]) -> str:
    """The picture in words, for whoever does not see it."""
    return "; ".join(f"{r['metric']} {r['arm']} {r['difference']['lift']:+.0%}" for r in rows) or "too little to say"


def _row(axes: Any, place: int, reading: Mapping[str, Any]) -> None:
    found = reading["difference"]
    color = SECOND if found["lift_low"] <= 0 <= found["lift_high"] else GOOD if found["lift"] > 0 else BAD
    axes.plot([100 * found["lift_low"], 100 * found["lift_high"]], [place, place], color=color, linewidth=2, solid_capstyle="butt")
    axes.plot(100 * found["lift"], place, "o", color=color, markersize=6)
