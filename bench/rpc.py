"""Calls over the bus: the guarded entrypoint and its client against bare AMQP and against nameko as it comes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from joserfc.jwk import OKPKey

from bench.measuring import Size, Subject, in_turns
from bench.rpc_callers import Call, by_threads, nameko_callers, raw_caller
from bench.surroundings import Surroundings
from chassis import clock
from chassis.client import RpcClient
from chassis.context import Caller, sign
from tests.harness import ROOT, Process, free_port, make_database

AT_ONCE = 16
WORKERS = 20  # ours by default, so nameko gets as many

RAW = "py-amqp"
NAMEKO = "nameko"
PUBLIC = "Kaisen, public method"
SIGNED = "Kaisen, signed caller"


@dataclass(frozen=True)
class Probe:
    """The service that the tests of the chassis use, running."""

    client: RpcClient
    signing_key: str

    def public(self, number: int) -> int:
        answer: dict[str, int] = self.client.call("probe.echo", timeout=30, number=number)
        return answer["number"]

    def signed(self) -> Call:
        """Calls that the service lets in by the caller's signature and roles; good for a minute."""
        caller = Caller("1", "selfcare", "C1", frozenset({"reader"}), "someone", "ja", "bench", clock.wall())
        token = sign(caller, self.signing_key)

        def call(number: int) -> int:
            self.client.call("probe.who", timeout=30, context=token)
            return number  # `who` answers with the caller, and takes no number

        return call


def measure(around: Surroundings, size: Size) -> list[Subject]:
    with (
        _probe(around) as probe,
        _peer(around, "-m", "bench.peers.raw_echo", ready="ready"),
        _nameko(around),
        nameko_callers(around.amqp_uri, AT_ONCE) as proxies,
        raw_caller(around.amqp_uri) as raw,
    ):

        def compared(name: str, about: str, at_once: int) -> Subject:
            runs = {
                RAW: raw(at_once),
                NAMEKO: by_threads(proxies[:at_once]),
                PUBLIC: by_threads([probe.public] * at_once),
                SIGNED: lambda calls: by_threads([probe.signed()] * at_once)(calls),
            }
            works = {name: partial(run, size.calls) for name, run in runs.items()}
            series = in_turns(size.rounds, size.calls, "calls/s", works)
            bare, stock, public, signed = series
            ratios = [ours.ratio_to(peer) for ours in (public, signed) for peer in (bare, stock)]
            return Subject(name, about, series, ratios)

        return [
            compared("rpc", "echo calls to one process, one after the other", 1),
            compared("rpc at once", f"echo calls to one process, {AT_ONCE} at once", AT_ONCE),
        ]


@contextmanager
def _probe(around: Surroundings) -> Iterator[Probe]:
    signing = OKPKey.generate_key("Ed25519", {"kid": "bench"})
    sealing = OKPKey.generate_key("X25519", {"kid": "probe"})
    port = free_port()
    process = Process(
        [sys.executable, "-m", "chassis", "serve", "tests.probe"],
        env={
            "KAISEN_AMQP_URI": around.amqp_uri,
            "KAISEN_DATABASE_URL": make_database(around.database_server_url, "bench_probe"),
            "KAISEN_CONTEXT_KEYS": json.dumps({"keys": [signing.as_dict(private=False)]}),
            "KAISEN_SEALING_KEY": json.dumps(sealing.as_dict(private=True)),
            "KAISEN_HEALTH_PORT": str(port),
            "KAISEN_MAX_WORKERS": str(WORKERS),
        },
        log=around.folder / "probe.log",
        ready=f"http://127.0.0.1:{port}/readyz",
    )
    migrate = [sys.executable, "-m", "chassis", "migrate", "tests.probe"]
    subprocess.run(migrate, env=process.env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    client = RpcClient(around.amqp_uri, json.dumps({"keys": [sealing.as_dict(private=False)]}))
    with ExitStack() as stack:
        stack.enter_context(process)
        stack.callback(client.close)
        yield Probe(client, json.dumps(signing.as_dict(private=True)))


def _nameko(around: Surroundings) -> Process:
    config = around.folder / "nameko.yaml"
    config.write_text(f"AMQP_URI: ${{KAISEN_AMQP_URI}}\nmax_workers: {WORKERS}\n")
    command = ["-m", "nameko", "run", "--config", str(config), "bench.peers.nameko_echo"]
    return _peer(around, *command, ready="Connected to amqp")


def _peer(around: Surroundings, *arguments: str, ready: str) -> Process:
    """A Python process that is ready when its output says so."""
    process = Process(
        [sys.executable, *arguments],
        env={"KAISEN_AMQP_URI": around.amqp_uri},
        log=around.folder / f"{arguments[-1]}.log",
        ready=lambda: ready in process.output(),
    )
    return process
