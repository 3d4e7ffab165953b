from omnichannel.contracts import privacy, zones


def test_every_folder_of_the_lake_is_erased_or_known_to_hold_nobody():
    folders = {value.partition("/")[0] for name, value in vars(zones).items() if name.isupper() and value[0] not in "_-"}
    erased = {prefix.partition("/")[0] for prefix in privacy.ERASED_ZONES}

    # Tables are the committer's, its answers are counts, and the log of consents is in a bucket of its own that nobody can change.
    assert folders == (erased | {zones.TRUSTED, zones.CONSENT_LOG}) - {privacy.PRIVACY}
