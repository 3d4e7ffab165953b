"""IBM Telco through the subscription features, by five-fold cross-validation: the file has no dates, so it is one snapshot.

Every service that a customer takes (a line, internet of a kind, security, streaming, …) counts as a subscription of its own, the contract
is the period after which it renews, months of tenure are its age, and paying automatically is renewing by itself. What share of a plan's
subscriptions ended is taken from the training folds, as the past would tell it. Features that do not exist are left out.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from omnichannel.scoring.model import XGBOOST, TrainedModel
from pipelines.features import registered
from pipelines.features.sources import USUAL
from tests.unit.pipelines.customers import lay_out, train_in

DAYS_A_MONTH = 30.4
MONTHS = {"Month-to-month": 1, "One year": 12, "Two year": 24}
SERVICES = (
    *("PhoneService", "MultipleLines", "OnlineSecurity", "OnlineBackup"),
    *("DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies"),
)

Numbers = npt.NDArray[np.float64]


def telco(path: Path, folds: int = 5, seed: int = 0) -> float:
    """The ROC-AUC out of fold of what the training step makes."""
    people = pd.read_csv(path)
    labels = np.asarray(people["Churn"] == "Yes", dtype=np.float64)
    scores = np.zeros(len(people))
    for rest, mine in StratifiedKFold(folds, shuffle=True, random_state=seed).split(people, labels):
        table = _table(people, labels, rest)
        with tempfile.TemporaryDirectory() as scratch:
            folder = lay_out(Path(scratch), {"train": table.iloc[rest], "validation": table.iloc[:0], "test": table.iloc[mine]}, _names())
            model = TrainedModel.load(train_in(folder, "--num_round", "250"))
        scores[mine] = model.predict(table.iloc[mine][model.features].to_numpy(dtype=np.float64), XGBOOST)
    return float(roc_auc_score(labels, scores))


def _names() -> list[str]:
    return [feature.name for feature in registered()]


def _table(people: pd.DataFrame, labels: Numbers, rest: npt.NDArray[np.int64]) -> pd.DataFrame:
    told = {**_subscriptions(people), **_plans(people, labels, rest)}
    absent = {f.name: np.nan if f.absent is None else f.absent for f in registered()}
    columns = {name: told.get(name, np.full(len(people), value)) for name, value in absent.items()}
    about = {"customer_id": people["customerID"], "cut_off": "2020-01-01", "label": labels.astype("int8")}
    return pd.DataFrame({**about, **columns})


def _subscriptions(people: pd.DataFrame) -> Mapping[str, Numbers]:
    months, period = people["tenure"].to_numpy(dtype=np.float64), people["Contract"].map(MONTHS).to_numpy(dtype=np.float64)
    return {
        "subscription_active": np.ones(len(people)),
        "subscription_age_days": months * DAYS_A_MONTH,
        "subscription_days_left": (period - months % period) * DAYS_A_MONTH,
        "subscription_renewals": months // period,
        "subscription_price": people["MonthlyCharges"].to_numpy(dtype=np.float64),
        "subscription_term_days": period * DAYS_A_MONTH,
        "subscription_renews_itself": people["PaymentMethod"].str.contains("automatic").to_numpy(dtype=np.float64),
    }


def _plans(people: pd.DataFrame, labels: Numbers, rest: npt.NDArray[np.int64]) -> Mapping[str, Numbers]:
    kinds = [people["InternetService"] == kind for kind in ("DSL", "Fiber optic")]
    takes = np.stack([(people[name] == "Yes").to_numpy() for name in SERVICES] + [kind.to_numpy() for kind in kinds], axis=1)
    ended, ran = (takes[rest] * labels[rest][:, None]).sum(axis=0), takes[rest].sum(axis=0)
    years = (takes[rest] * people["tenure"].to_numpy()[rest, None]).sum(axis=0) / 12
    told = {"plan_ended_share": _drawn(ended, ran), "plan_endings_a_year": _drawn(ended, years)}
    spread = {name: np.where(takes, value, np.nan) for name, value in told.items()}
    return {
        "subscriptions_active": takes.sum(axis=1).astype(np.float64),
        **{f"{name}_max": np.nanmax(value, axis=1) for name, value in spread.items()},
        **{f"{name}_min": np.nanmin(value, axis=1) for name, value in spread.items()},
    }


def _drawn(part: Numbers, whole: Numbers) -> Numbers:
    return np.asarray((part + USUAL * part.sum() / whole.sum()) / (whole + USUAL), dtype=np.float64)
