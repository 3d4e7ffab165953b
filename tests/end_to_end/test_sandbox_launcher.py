"""Starting and stopping, with small servers in place of the real ones."""

import os
import signal
import socket
import sys

import psutil
import pytest

from sandbox import certificate, launcher, processes
from sandbox.errors import SandboxError
from sandbox.launcher import Service
from sandbox.state import MARKER, Sandbox

SERVER = """
import http.server, ssl, subprocess, sys
port, certificate, key = sys.argv[1:4]
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", int(port)), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def small(sandbox):
    """Two servers, each with a child process of its own, as MiniStack and its functions."""
    return tuple(
        Service(
            name=name,
            command=(sys.executable, "-c", SERVER, str(port), str(sandbox.certificate), str(sandbox.key)),
            environ={"PATH": os.environ["PATH"]},
            health=f"https://127.0.0.1:{port}/",
        )
        for name, port in (("ministack", sandbox.port), ("twins", sandbox.twin_port))
    )


def failing(sandbox):
    dying = Service(
        name="twins", command=(sys.executable, "-c", "raise SystemExit('no twins today')"), environ={}, health="https://127.0.0.1:1/"
    )
    return (small(sandbox)[0], dying)


@pytest.fixture
def folder(tmp_path):
    directory = tmp_path / "box"
    yield directory
    launcher.down(directory)


def test_up_starts_every_process_and_down_ends_them_and_their_children(folder):
    launcher.up(folder, services_of=small)
    before = processes.belonging(folder)

    launcher.down(folder)

    assert len(before) == 4
    assert not [p for p in before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_up_again_keeps_the_running_sandbox(folder):
    first = launcher.up(folder, services_of=small)

    second = launcher.up(folder, services_of=small)

    assert (first.fresh, second.fresh) == (True, False)
    assert second.sandbox == first.sandbox


@pytest.mark.parametrize("killed", [("ministack",), ("twins",), ("ministack", "twins")])
def test_up_after_a_kill_clears_away_and_starts_fresh(folder, killed):
    first = launcher.up(folder, services_of=small).sandbox
    old = processes.belonging(folder)
    for name in killed:
        os.kill(first.processes[name].pid, signal.SIGKILL)
        os.waitpid(first.processes[name].pid, 0)

    second = launcher.up(folder, services_of=small)

    assert (second.fresh, second.replaced) == (True, True)
    assert not {p for p in old if p.is_running() and p.status() != psutil.STATUS_ZOMBIE}
    assert second.sandbox.access_key != first.access_key


def test_a_lost_state_file_does_not_hide_the_processes(folder):
    launcher.up(folder, services_of=small)
    (folder / "state.json").write_text("half a sta")

    launcher.down(folder)

    assert not processes.belonging(folder)


def test_a_reused_process_id_is_left_alone(folder):
    sandbox = launcher.up(folder, services_of=small).sandbox
    launcher.down(folder)
    stranger = psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    recycled = processes.ProcessRecord(pid=stranger.pid, created=stranger.create_time() - 60)
    sandbox.with_processes({"ministack": recycled}).save()

    launcher.down(folder)

    assert stranger.is_running()
    stranger.kill()
    stranger.wait()


def test_a_command_that_a_killed_one_left_at_work_is_ended_and_nothing_else(folder, tmp_path):
    launcher.up(folder, services_of=small)
    program = tmp_path / "cdk.py"
    program.write_text("import time; time.sleep(600)")
    stray = psutil.Popen([sys.executable, str(program)], env={**os.environ, MARKER: str(folder)})

    processes.end_strays(folder, program)

    assert not stray.is_running()
    assert len(processes.belonging(folder)) == 4


def test_two_sandboxes_end_apart(folder, tmp_path):
    other = tmp_path / "other"
    launcher.up(folder, services_of=small)
    launcher.up(other, services_of=small)

    launcher.down(folder)

    assert len(processes.belonging(other)) == 4
    launcher.down(other)


def test_a_service_that_dies_tells_its_last_words_and_leaves_nothing(folder):
    with pytest.raises(SandboxError) as failed:
        launcher.up(folder, services_of=failing)

    assert "no twins today" in failed.value.reason
    assert failed.value.log == folder / "logs" / "twins.log"
    assert not processes.belonging(folder)


def test_a_port_in_use_is_refused_by_name(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SandboxError, match=f"port {port} cannot be used"):
            launcher.up(folder, port=port, services_of=small)


def test_other_ports_for_a_running_sandbox_are_refused(folder):
    launcher.up(folder, services_of=small)

    with pytest.raises(SandboxError, match="already runs on ports"):
        launcher.up(folder, port=1, services_of=small)


def test_a_full_disk_is_told_before_anything_starts(folder, monkeypatch):
    monkeypatch.setattr(launcher, "FREE_BYTES", 1 << 62)

    with pytest.raises(SandboxError, match="MB of disk left"):
        launcher.up(folder, services_of=small)


def test_wipe_forgets_the_folder(folder):
    launcher.up(folder, services_of=small)

    launcher.down(folder, wipe=True)

    assert not folder.exists()


def test_logs_of_the_run_before_are_kept(folder):
    launcher.up(folder, services_of=small)
    (folder / "logs" / "ministack.log").write_text("it was the disk")
    launcher.down(folder)

    launcher.up(folder, services_of=small)

    assert (folder / "logs.previous" / "ministack.log").read_text() == "it was the disk"


def test_a_stopped_sandbox_is_not_mistaken_for_a_running_one(folder):
    launcher.up(folder, services_of=small)
    launcher.down(folder)

    with pytest.raises(SandboxError, match="is not running"):
        launcher.running(folder)


def test_ministack_listens_on_loopback_with_own_keys_and_nothing_of_the_callers_account(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("SSL_CERT_FILE", "/elsewhere.pem")
    sandbox = Sandbox(directory=tmp_path, port=1, twin_port=2, access_key="AKIA", secret_key="secret")

    ministack, twins = launcher.services(sandbox)

    assert "127.0.0.1:1" in ministack.command
    assert (ministack.environ["AUTH"], ministack.environ["USE_SSL"], ministack.environ["BIND_HOST"]) == ("true", "1", "127.0.0.1")
    assert not {"AWS_PROFILE", MARKER} & (ministack.environ.keys() | twins.environ.keys())
    assert {ministack.environ["SSL_CERT_FILE"], twins.environ["SSL_CERT_FILE"]} == {str(tmp_path / "ca.pem")}


def test_functions_cannot_reach_a_twin_by_an_address_they_were_not_given(tmp_path):
    sandbox = Sandbox(directory=tmp_path, port=1, twin_port=2, access_key="AKIA", secret_key="secret")

    ministack = launcher.services(sandbox)[0]

    assert not [name for name in ministack.environ if name.startswith("AWS_ENDPOINT_URL_")]


def test_the_certificate_is_for_loopback_only_and_its_key_for_the_owner(tmp_path):
    paths = [tmp_path / name for name in ("certificate.pem", "key.pem", "ca.pem")]

    certificate.write_certificate(*paths, now=certificate.utc_now())

    assert paths[1].stat().st_mode & 0o077 == 0
    assert paths[2].read_bytes().endswith(paths[0].read_bytes())
