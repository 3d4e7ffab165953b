"""Who is looked at on a date, where they stand, and what became of them in the window after it."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.scores import Model
from omnichannel.contracts.segments import Lifecycle, SegmentRules
from pipelines.features.registry import days, within
from pipelines.features.sources import History
from pipelines.tasks import Task
from pipelines.versions import state


def population(task: Task, sources: Mapping[str, ir.Table]) -> ir.Table:
    """`customer_id` and `subscribed` of the customers that the task's question is about on the date of the sources.

    Churn asks about active customers: an active subscription, or an order in the task's active days.
    """
    orders = sources["orders"]
    bought = orders if task.model is Model.REPURCHASE else orders.filter(within(orders, task.active_days))
    buyers = bought.select("customer_id").distinct().mutate(subscribed=ibis.literal(False))
    if task.model is Model.REPURCHASE:
        return buyers
    subscriptions = sources["subscriptions"]
    subscribers = subscriptions.filter(subscriptions.active).select("customer_id").distinct().mutate(subscribed=ibis.literal(True))
    both = ibis.union(buyers, subscribers)
    return both.group_by("customer_id").agg(subscribed=both.subscribed.any())


def labelled(task: Task, people: ir.Table, history: History, cut_off: ir.TimestampScalar) -> ir.Table:
    """`people` with `label` 0 or 1 from the window [cut_off, cut_off + horizon).

    What is told of the window later counts, what happened after it does not: a subscription that ended in it has ended, even when it is
    taken up again under its own id, or told once more.
    """
    end = cut_off + days(task.horizon_days)
    inside = history.bought.filter(history.bought.ordered_at >= cut_off, history.bought.ordered_at < end)
    buyers = inside.select("customer_id").distinct().mutate(bought=ibis.literal(True))
    if task.model is Model.REPURCHASE:
        joined = people.left_join(buyers, "customer_id")
        return joined.select(*[people[c] for c in people.columns], label=buyers.bought.fill_null(False).cast("int8"))
    keepers = _running(history, end).select("customer_id").distinct().mutate(runs=ibis.literal(True))
    joined = people.left_join(buyers, "customer_id").left_join(keepers, people.customer_id == keepers.customer_id)
    stays = ibis.ifelse(people.subscribed, keepers.runs.fill_null(False), buyers.bought.fill_null(False))
    return joined.select(*[people[c] for c in people.columns], label=(~stays).cast("int8"))


def _running(history: History, at: ir.TimestampScalar) -> ir.Table:
    """The subscriptions that had begun and not ended; a cancelled one runs until its end."""
    then = state(history.subscriptions, at)
    over = (then.ends_at < at).fill_null(False)
    paid = (then.ends_at >= at).fill_null(False)
    runs = then.filter(then.started_at < at, ~over, paid | then.backfilled | (then.status == "active"))
    return runs.anti_join(history.endings.filter(history.endings.ends_at < at), "subscription_id")


def lifecycle(features: ir.Table, rules: SegmentRules) -> ir.StringValue:
    """Where customers stand, by their features: the rule of the customer view, with visits of the last 90 days."""
    seen = ibis.least(features.recency_days, ibis.coalesce(features.days_since_visit, features.recency_days))
    return ibis.cases(
        (features.orders_total == 0, str(Lifecycle.PROSPECT)),
        (features.tenure_days <= rules.new_days, str(Lifecycle.NEW)),
        (seen <= rules.active_days, str(Lifecycle.ACTIVE)),
        (seen <= rules.dormant_days, str(Lifecycle.DORMANT)),
        else_=str(Lifecycle.CHURNED),
    )
