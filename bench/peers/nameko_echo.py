"""The echo of our probe as nameko's own documentation would write it; for `nameko run`."""

from typing import Any

from nameko.rpc import rpc


class Echo:
    name = "bench_nameko"

    @rpc
    def echo(self, number: int, day: str | None = None) -> dict[str, Any]:
        return {"number": number, "day": day}
