"""Answers calls with nothing but py-amqp and JSON: what the broker and Python leave to anybody."""

import json
import os
from typing import Any

from kombu import Connection

QUEUE = "bench.raw_echo"


def message(channel: Any, body: dict[str, Any], **properties: str) -> Any:
    """A message for the channel's `basic_publish`."""
    return channel.prepare_message(
        json.dumps(body),
        content_type="application/json",
        content_encoding="utf-8",
        properties=properties,
    )


def serve() -> None:
    with Connection(os.environ["KAISEN_AMQP_URI"]) as connection:
        channel = connection.channel()
        channel.queue_declare(QUEUE, auto_delete=True)
        channel.basic_qos(0, 20, False)

        def answer(request: Any) -> None:
            number = json.loads(request.body)["kwargs"]["number"]
            result = {"result": {"number": number, "day": None}, "error": None}
            reply = message(channel, result, correlation_id=request.properties["correlation_id"])
            channel.basic_publish(reply, routing_key=request.properties["reply_to"])
            channel.basic_ack(request.delivery_tag)

        channel.basic_consume(QUEUE, callback=answer)
        print("ready", flush=True)
        while True:
            connection.drain_events()


if __name__ == "__main__":
    serve()
