"""Answers calls with nothing but py-amqp: what the broker and Python's JSON leave to anybody."""

import json
import os
from urllib.parse import unquote, urlsplit

from amqp import Channel, Connection, Message

QUEUE = "bench.raw_echo"


def connect() -> Connection:
    parts = urlsplit(os.environ["KAISEN_AMQP_URI"])
    connection = Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
    )
    connection.connect()
    return connection


def serve() -> None:
    connection = connect()
    channel: Channel = connection.channel()
    channel.queue_declare(QUEUE, auto_delete=True)
    channel.basic_qos(0, 20, False)

    def answer(request: Message) -> None:
        number = json.loads(request.body)["kwargs"]["number"]
        body = json.dumps({"result": {"number": number, "day": None}, "error": None})
        reply = Message(body, correlation_id=request.correlation_id, content_type="application/json")
        channel.basic_publish(reply, routing_key=request.reply_to)
        channel.basic_ack(request.delivery_tag)

    channel.basic_consume(QUEUE, callback=answer)
    print("ready", flush=True)
    while True:
        connection.drain_events()


if __name__ == "__main__":
    serve()
