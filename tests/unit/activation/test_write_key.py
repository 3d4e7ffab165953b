"""The write key comes from its secret, is fresh within minutes, and shows itself nowhere."""

import pytest

from omnichannel.activation.write_key import SECONDS_KEPT, NoWriteKey, WriteKey


class Secrets:
    def __init__(self, *values):
        self.values, self.reads = list(values), 0

    def get_secret_value(self, **_):
        self.reads += 1
        return {"SecretString": self.values[min(self.reads, len(self.values)) - 1]}


@pytest.mark.parametrize("secret", ["wk", " wk\n", '{"write_key": "wk"}'])
def test_a_secret_is_the_key_or_json_with_it(secret):
    key = WriteKey(secrets_manager=Secrets(secret), secret_id="s")

    assert key.get() == "wk"


def test_the_key_is_read_once_in_five_minutes():
    time = [0.0]
    secrets = Secrets("old", "new")
    key = WriteKey(secrets_manager=secrets, secret_id="s", clock=lambda: time[0])

    read = [key.get()]
    time[0] = SECONDS_KEPT - 1
    read.append(key.get())
    time[0] = SECONDS_KEPT
    read.append(key.get())

    assert (read, secrets.reads) == (["old", "old", "new"], 2)


def test_a_rotation_is_noticed_on_demand():
    key = WriteKey(secrets_manager=Secrets("old", "new", "new"), secret_id="s")
    key.get()

    assert (key.changed(), key.changed()) == (True, False)


@pytest.mark.parametrize("secret", ["", "   ", "{}", '{"write_key": ""}', '{"write_key": 5}', '{"canary'])
def test_a_secret_without_a_key_is_told_by_its_name_only(secret):
    with pytest.raises(NoWriteKey, match="secret s holds no write key") as raised:
        WriteKey(secrets_manager=Secrets(secret), secret_id="s").get()

    assert "canary" not in f"{raised.value!r}{raised.value.__cause__!r}"


def test_the_key_is_not_in_the_repr():
    key = WriteKey(secrets_manager=Secrets("canary"), secret_id="s")

    key.get()

    assert "canary" not in repr(key)
