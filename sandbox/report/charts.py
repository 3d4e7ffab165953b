"""The report's charts, each an SVG string; the numbers come in as plain lists."""

import io
import re
from collections.abc import Sequence
from itertools import pairwise

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, GRID = "#1d2733", "#6b7785", "#e3e8ee"
MAIN, SECOND, GOOD, WARN, BAD = "#1f6feb", "#8aa4c8", "#2da44e", "#d4a72c", "#cf222e"

plt.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "omnichannel",
        "font.family": "sans-serif",
        "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans"],
        "font.size": 9,
        "axes.edgecolor": GRID,
        "axes.labelcolor": QUIET,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": GRID,
        "text.color": INK,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
    }
)


def roc(points: Sequence[Sequence[float]], auc: float) -> str:
    """The ROC curve: points are (false positive rate, true positive rate)."""
    figure, axes = axes_for("false positive rate", "true positive rate")
    axes.plot([0, 1], [0, 1], color=SECOND, linestyle=":", linewidth=1)
    axes.plot([p[0] for p in points], [p[1] for p in points], color=MAIN, linewidth=2)
    axes.text(0.97, 0.06, f"AUC {auc:.3f}", ha="right", transform=axes.transAxes, fontsize=11, color=INK)
    return svg(figure, f"ROC curve, area {auc:.3f}")


def calibration(bins: Sequence[tuple[float, float, int]], error: float) -> str:
    """Predicted against observed share per bin; the dot's area says how many customers are in it."""
    figure, axes = axes_for("predicted", "observed")
    top = max([*(p for p, _, _ in bins), *(o for _, o, _ in bins), 0.05]) * 1.08
    axes.plot([0, top], [0, top], color=SECOND, linestyle=":", linewidth=1)
    most = max((n for _, _, n in bins), default=1)
    axes.scatter([p for p, _, _ in bins], [o for _, o, _ in bins], s=[18 + 140 * n / most for _, _, n in bins], color=MAIN, alpha=0.75)
    axes.text(0.97, 0.06, f"mean error {error:.3f}", ha="right", transform=axes.transAxes, fontsize=11)
    return svg(figure, f"calibration, mean error {error:.3f}")


def lift(by_decile: Sequence[float]) -> str:
    """How many times the base rate each tenth of the customers has, the most likely tenth first."""
    figure, axes = axes_for("tenth of the customers, most likely first", "times the base rate")
    axes.bar(range(1, len(by_decile) + 1), by_decile, color=[MAIN if v >= 1 else SECOND for v in by_decile])
    axes.axhline(1, color=QUIET, linewidth=1, linestyle=":")
    axes.set_xticks(range(1, len(by_decile) + 1))
    axes.grid(axis="x", visible=False)
    return svg(figure, "lift by decile")


def drivers(names: Sequence[str], weights: Sequence[float], directions: Sequence[str]) -> str:
    """What the model leans on most; red raises the score, green lowers it."""
    figure, axes = axes_for("share of the model's gain", "", height=0.6 + 0.24 * max(len(names), 1))
    places = range(len(names))
    colours = [BAD if d == "+" else GOOD if d == "-" else SECOND for d in directions]
    axes.barh(places, weights, color=colours)
    axes.set_yticks(places, [f"{name} ({d or '?'})" for name, d in zip(names, directions, strict=True)])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    return svg(figure, "drivers: " + ", ".join(names))


def scores(edges: Sequence[float], counts: Sequence[int], cut_offs: dict[str, float]) -> str:
    """How the scores lie; dotted lines are the bands' cut-offs."""
    figure, axes = axes_for("score", "customers")
    widths = [b - a for a, b in pairwise(edges)]
    axes.bar(edges[:-1], counts, width=widths, align="edge", color=MAIN, edgecolor="white", linewidth=0.5)
    for name, value in cut_offs.items():
        axes.axvline(value, color=WARN, linewidth=1.2, linestyle=":")
        axes.text(value, axes.get_ylim()[1] * 0.96, f" {name}", color=QUIET, fontsize=8, va="top")
    axes.set_xlim(0, 1)
    axes.grid(axis="x", visible=False)
    return svg(figure, "distribution of scores")


def axes_for(x: str, y: str, *, width: float = 3.6, height: float = 2.7) -> tuple[Figure, Axes]:
    """A figure of that size in inches, with its axes named."""
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    axes.set_axisbelow(True)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def svg(figure: Figure, label: str) -> str:
    """The figure as SVG to be put into a page, with its label for whoever does not see it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    body = out.getvalue()
    body = body[body.index("<svg") :]
    # Ids are made per figure from a salt, so two charts on one page would share clip paths without a prefix of their own.
    prefix = re.sub(r"\W+", "-", label)[:40]
    body = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
