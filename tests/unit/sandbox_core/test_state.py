"""The sandbox's folder: what is written down, and what is refused."""

import stat
import subprocess
import sys

import pytest

from sandbox.errors import SandboxError
from sandbox.state import MARKER, ProcessRecord, Sandbox, directory_of, locked


def make(directory, **changes):
    values = {"directory": directory, "port": 4566, "twin_port": 4567, "access_key": "AKIAEXAMPLE", "secret_key": "secret"}
    return Sandbox(**(values | changes))


def test_a_saved_sandbox_is_loaded_as_it_was(tmp_path):
    sandbox = make(tmp_path, started="2026-11-01T00:00:00+00:00", processes={"ministack": ProcessRecord(pid=7, created=1.5)})

    sandbox.save()

    assert Sandbox.load(tmp_path) == sandbox


def test_only_the_owner_can_read_the_root_key(tmp_path):
    make(tmp_path).save()

    mode = (tmp_path / "state.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(("name", "hint"), [("default", "omni up"), ("second", "omni up --name second")])
def test_a_missing_sandbox_says_how_to_start_that_one(tmp_path, name, hint):
    with pytest.raises(SandboxError) as refused:
        Sandbox.load(tmp_path / name)

    assert refused.value.hint == hint


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"processes": {}, "port": 1}'])
def test_a_damaged_state_is_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "state.json").write_text(content)

    with pytest.raises(SandboxError) as refused:
        Sandbox.load(tmp_path)

    assert str(tmp_path / "state.json") in str(refused.value)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a"])
def test_a_name_cannot_leave_the_folder_of_sandboxes(name):
    with pytest.raises(SandboxError, match="is not a name"):
        directory_of(name)


def test_the_environment_leaves_no_way_to_another_account(tmp_path):
    base = {"AWS_PROFILE": "company", "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL_S3": "https://elsewhere", "PATH": "/bin"}

    environ = make(tmp_path).environ_over(base)

    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & environ.keys()
    assert (environ["PATH"], environ["AWS_ENDPOINT_URL"]) == ("/bin", "https://127.0.0.1:4566")
    assert environ["AWS_ENDPOINT_URL_PERSONALIZE_EVENTS"] == "https://127.0.0.1:4567/aws/personalize-events"


def test_every_way_to_trust_a_certificate_names_the_bundle(tmp_path):
    environ = make(tmp_path).environ()

    trusted = {environ[name] for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")}

    assert trusted == {str(tmp_path / "ca.pem")}


def test_commands_in_a_sandbox_environment_are_not_taken_for_its_processes(tmp_path):
    environ = make(tmp_path).environ()

    assert MARKER not in environ


def test_two_commands_cannot_change_one_sandbox_at_once(tmp_path):
    code = "import sys, pathlib\nfrom sandbox.state import locked\nwith locked(pathlib.Path(sys.argv[1])): pass"
    with locked(tmp_path / "one"):
        second = subprocess.run([sys.executable, "-c", code, str(tmp_path / "one")], capture_output=True, text=True, check=False)
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path / "two")], capture_output=True, text=True, check=False)

    assert "another omni command" in second.stderr
    assert other.returncode == 0
