"""Which answers of the carrier count, at a server that gives whatever answer a test wants."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from chassis.operations import NoAnswer, Rejected
from services.sim.adapters.carrier import HttpCarrier, Operation

OPERATION = Operation("1-set_capacity", "set_capacity", "AF0000000001", {"bytes": 1})


class Answering(BaseHTTPRequestHandler):
    """Answers the path /STATUS/carrier/operations with that status, and any other with a friendly page."""

    def do_GET(self) -> None:
        first = self.path.split("/")[1]
        self.send_response(int(first) if first.isdecimal() else 200)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(302, NoAnswer), (307, NoAnswer), (304, NoAnswer), (503, NoAnswer), (429, NoAnswer), (422, Rejected)],
)
def test_only_a_good_answer_to_the_operation_itself_counts(
    url: str, status: int, refusal: type[Exception]
) -> None:
    carrier = HttpCarrier(f"{url}/{status}", timeout=5, connections=1)
    with pytest.raises(refusal):
        carrier.perform(OPERATION, ask_first=False)


def test_a_good_answer_counts(url: str) -> None:
    HttpCarrier(f"{url}/200", timeout=5, connections=1).perform(OPERATION, ask_first=False)
