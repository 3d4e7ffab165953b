"""Mean scores by group, the same however the customers come in."""

import numpy as np

from pipelines.group_means import GroupMeans

FEATURES = ("tenure_days", "subscription_days_left")
MATRIX = np.array([[10.0, np.nan], [20.0, 30.0], [400.0, np.nan], [np.nan, 5.0]])
SCORES = np.array([0.2, 0.4, 0.9, 0.6])


def test_each_group_has_its_customers_and_their_mean():
    means = GroupMeans()
    means.add(FEATURES, MATRIX, SCORES)

    found = {(each["group"], each["value"]): (each["customers"], round(each["mean_score"], 6)) for each in means.to_list()}

    assert found == {
        ("tenure", "under 90 days"): (2, 0.3),
        ("tenure", "365 days and more"): (1, 0.9),
        ("subscription", "subscribed"): (2, 0.5),
        ("subscription", "not subscribed"): (2, 0.55),
    }


def test_parts_add_up_to_the_whole():
    whole, parts = GroupMeans(), GroupMeans()
    whole.add(FEATURES, MATRIX, SCORES)
    for rows in (slice(0, 1), slice(1, 4)):
        parts.add(FEATURES, MATRIX[rows], SCORES[rows])

    assert parts.to_list() == whole.to_list()


def test_a_model_without_such_features_has_no_groups():
    means = GroupMeans()
    means.add(("orders_90d",), np.ones((2, 1)), np.array([0.1, 0.2]))

    assert means.to_list() == []
