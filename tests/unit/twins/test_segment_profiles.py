from sandbox.twins.segment_profiles import profiles


def event(user="", browser=""):
    return {"userId": user, "anonymousId": browser}


def test_a_guest_who_logs_in_is_one_profile():
    found = profiles([event(browser="a"), event(browser="a"), event("C1", "a"), event("C1", "a")])

    assert [each.to_plain() for each in found] == [{"user_ids": ["C1"], "anonymous_ids": ["a"], "events": 4}]


def test_two_browsers_of_one_user_are_one_profile():
    found = profiles([event(browser="a"), event(browser="b"), event("C1", "a"), event("C1", "b")])

    assert [each.to_plain() for each in found] == [{"user_ids": ["C1"], "anonymous_ids": ["a", "b"], "events": 4}]


def test_a_second_user_of_a_browser_is_somebody_else():
    found = profiles([event("C1", "a"), event("C2", "a"), event(browser="a")])

    assert [each.to_plain() for each in found] == [
        {"user_ids": ["C1"], "anonymous_ids": ["a"], "events": 2},
        {"user_ids": ["C2"], "anonymous_ids": [], "events": 1},
    ]


def test_a_user_without_a_browser_is_a_profile():
    found = profiles([event("C1"), event("C1")])

    assert [each.to_plain() for each in found] == [{"user_ids": ["C1"], "anonymous_ids": [], "events": 2}]
