"""Personalize as the recommendations API sees it, on loopback: answers that are planned, one a call."""

import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from omnichannel.playbook.personalize import load
from omnichannel.recommendations.asking import to_json
from omnichannel.recommendations.lifecycle.asked import asked

GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-test"
ASKS = to_json(asked(load()))
USUAL = [f"p-{n}" for n in range(40, 60)]


class PersonalizeStub:
    """A plan is `delay` (seconds), `status` with `error`, `reset`, `cut` or `items`; without one the usual items are answered."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self._planned: deque[dict[str, Any]] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Serves until the block ends."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def plan(self, *answers: dict[str, Any]) -> None:
        """What the next calls are answered; well again without any."""
        self._planned = deque(answers)

    def forget(self) -> None:
        """No call was ever made."""
        self.calls.clear()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                stub.calls.append(asked)
                self._follow(stub._planned.popleft() if stub._planned else {})

            def _follow(self, plan: dict[str, Any]) -> None:
                time.sleep(plan.get("delay", 0))  # a service that hangs
                if plan.get("reset"):
                    self.close_connection = True
                elif "error" in plan:
                    self._say(plan["status"], {"message": "no"}, error=plan["error"])
                else:
                    items = [{"itemId": each} for each in plan.get("items", USUAL)]
                    self._say(200, {"itemList": items, "recommendationId": "RID-1"}, cut=bool(plan.get("cut")))

            def _say(self, status: int, body: dict[str, Any], *, error: str = "", cut: bool = False) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(raw)))
                if error:
                    self.send_header("x-amzn-errortype", error)
                self.close_connection = cut
                try:
                    self.end_headers()
                    self.wfile.write(raw[: len(raw) // 2] if cut else raw)
                except ConnectionError:
                    self.close_connection = True  # whoever asked has gone

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        return Handler
