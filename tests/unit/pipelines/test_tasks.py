"""When a model learns, is tested and scores, and what is said when the data does not reach."""

from datetime import date, timedelta

import pytest

from omnichannel.contracts.scores import Model
from pipelines.tasks import (
    TASKS,
    CannotTrainError,
    Classes,
    Coverage,
    CutOffs,
    FutureDateError,
    OneClassError,
    cut_offs,
    oldest_cut_off,
    refuse_the_future,
    refuse_too_few,
)

AS_OF = date(2025, 3, 1)
LONG = Coverage(first=date(2022, 1, 1), last=AS_OF - timedelta(days=1))


@pytest.mark.parametrize("model", Model)
def test_no_label_window_reaches_into_the_next_part(model: Model) -> None:
    horizon = timedelta(days=TASKS[model].horizon_days)

    dates = cut_offs(TASKS[model], AS_OF, LONG)

    assert len(dates.train) == 6
    assert dates.validation is not None
    assert max(dates.train) + horizon <= dates.validation
    assert dates.validation + horizon <= dates.test
    assert dates.test + horizon == dates.score == AS_OF
    assert min(dates.train) >= oldest_cut_off(TASKS[model], AS_OF)


def test_history_too_short_for_a_validation_window_is_kept_for_learning() -> None:
    short = Coverage(first=date(2024, 5, 1), last=LONG.last)

    dates = cut_offs(TASKS[Model.CHURN], AS_OF, short)

    assert (dates.validation, dates.train) == (None, (date(2024, 8, 3), date(2024, 9, 2)))


@pytest.mark.parametrize("ahead", [2, 400])
def test_the_future_is_refused(ahead: int) -> None:
    with pytest.raises(FutureDateError, match="lies in the future: today is 2025-03-01; expected a date until 2025-03-02"):
        refuse_the_future(AS_OF + timedelta(days=ahead), AS_OF)


def test_tomorrow_ends_with_today() -> None:
    refuse_the_future(AS_OF + timedelta(days=1), AS_OF)


def test_cut_offs_without_history_before_them_are_left_out() -> None:
    short = Coverage(first=date(2024, 9, 1), last=LONG.last)

    dates = cut_offs(TASKS[Model.REPURCHASE], AS_OF, short)

    assert dates.train == (date(2024, 12, 1), date(2024, 12, 31))


def test_too_little_history_says_which_date_would_work() -> None:
    short = Coverage(first=date(2024, 12, 1), last=LONG.last)

    with pytest.raises(CannotTrainError) as refused:
        cut_offs(TASKS[Model.REPURCHASE], date(2025, 2, 1), short)

    assert "cover 2024-12-01 to 2025-02-28; an as-of date between 2025-03-01 and 2025-03-01 works" in str(refused.value)


def test_too_little_history_for_any_date_says_how_much_is_missing() -> None:
    short = Coverage(first=date(2025, 1, 1), last=LONG.last)

    with pytest.raises(CannotTrainError, match="151 more days of orders are needed"):
        cut_offs(TASKS[Model.CHURN], AS_OF, short)


def test_a_date_long_after_the_last_order_is_refused() -> None:
    with pytest.raises(CannotTrainError, match="no completed order is known in the 364 days before 2026-02-28"):
        cut_offs(TASKS[Model.REPURCHASE], date(2026, 2, 28), LONG)


def test_one_class_only_is_refused_with_the_dates_it_was_seen_on() -> None:
    dates = CutOffs(train=(date(2024, 9, 1),), test=date(2024, 12, 1), score=AS_OF)
    classes = [Classes(cut_off=dates.train[0], population=200, positives=50), Classes(cut_off=dates.test, population=200, positives=0)]

    with pytest.raises(OneClassError, match=r"too few customers to test churn .* of 200 looked at on 2024-12-01, 0 are positive"):
        refuse_too_few(TASKS[Model.CHURN], dates, classes, LONG)
