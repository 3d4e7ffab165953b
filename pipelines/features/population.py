"""Who is looked at on a date, and what became of them in the window after it."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.scores import Model
from pipelines.features.registry import days, within
from pipelines.tasks import Task


def population(task: Task, tables: dict[str, ir.Table], as_of: ir.TimestampScalar) -> ir.Table:
    """`customer_id` and `subscribed` of the customers that the task's question is about on `as_of`.

    `tables` are as known on `as_of`. Churn asks about active customers: an active subscription, or an order in the task's active days.
    """
    orders = tables["orders"]
    bought = orders if task.model is Model.REPURCHASE else within(orders, "ordered_at", as_of, task.active_days)
    buyers = bought.select("customer_id").distinct().mutate(subscribed=ibis.literal(False))
    if task.model is Model.REPURCHASE:
        return buyers
    subscriptions = tables["subscriptions"]
    subscribers = subscriptions.filter(subscriptions.active).select("customer_id").distinct().mutate(subscribed=ibis.literal(True))
    both = ibis.union(buyers, subscribers)
    return both.group_by("customer_id").agg(subscribed=both.subscribed.any())


def labelled(task: Task, people: ir.Table, orders: ir.Table, endings: ir.Table, cut_off: ir.TimestampScalar) -> ir.Table:
    """`people` with `label` 0 or 1 from the window [cut_off, cut_off + horizon).

    `orders` (completed) and `endings` (`customer_id`, `started_at`, `ended_at` of each subscription) are as known after that window.
    """
    end = cut_off + days(task.horizon_days)
    inside = orders.filter(orders.ordered_at >= cut_off, orders.ordered_at < end)
    buyers = inside.select("customer_id").distinct().mutate(bought=ibis.literal(True))
    if task.model is Model.REPURCHASE:
        joined = people.left_join(buyers, "customer_id")
        return joined.select(*[people[c] for c in people.columns], label=buyers.bought.fill_null(False).cast("int8"))
    running = endings.filter(endings.started_at < end, endings.ended_at.isnull() | (endings.ended_at >= end))
    keepers = running.select("customer_id").distinct().mutate(runs=ibis.literal(True))
    joined = people.left_join(buyers, "customer_id").left_join(keepers, people.customer_id == keepers.customer_id)
    stays = ibis.ifelse(people.subscribed, keepers.runs.fill_null(False), buyers.bought.fill_null(False))
    return joined.select(*[people[c] for c in people.columns], label=(~stays).cast("int8"))
