"""The guarded entrypoint: what is checked before a method of a service runs, and how its answer travels."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial, wraps
from typing import Any

import structlog
from kombu import Message
from nameko.amqp.publish import Publisher
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from nameko.rpc import RpcConsumer
from pydantic import ConfigDict, ValidationError, validate_call
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import answers, clock, context, errors, logs, sealing
from chassis.bus import BusConsumer
from chassis.settings import Settings

log = structlog.get_logger()

PUBLIC: frozenset[str] = frozenset()

_REPLY_SECONDS = 5.0  # for the broker to take an answer; a stuck one must not keep the workers


class Expired(Exception):
    """The work must not begin: the caller has stopped waiting, or the broker will deliver the request again."""


@dataclass(frozen=True)
class Request:
    """A well-formed request: its arguments, the caller's token, and the instant after which nobody waits for it."""

    method: str
    arguments: dict[str, Any]
    token: str | None
    correlation_id: str
    deadline: float
    settings: Settings
    take: Callable[[], bool]

    def begin(self) -> None:
        """Take the request off the queue before the work, so that a crash in the middle never has it done twice."""
        if not self.take() or clock.wall().timestamp() > self.deadline:
            raise Expired

    def authenticate(self, roles: frozenset[str], fresh: bool) -> context.Caller:
        if roles == PUBLIC:
            return context.anonymous(self.correlation_id)
        if self.token is None:
            raise errors.Unauthenticated("context.missing")
        caller = context.verify(self.token, self.settings.context_keys)
        if not caller.roles & roles:
            raise errors.Forbidden("role.missing")
        if fresh and not self._is_fresh(caller):
            raise errors.Forbidden("proof.required")
        return caller

    def _is_fresh(self, caller: context.Caller) -> bool:
        longest = timedelta(minutes=self.settings.fresh_proof_minutes)
        return clock.now() - caller.authenticated_at <= longest

    def unsealed(self, names: tuple[str, ...]) -> dict[str, Any]:
        opened = {
            name: sealing.unseal(self.arguments[name], self.settings.sealing_key)
            for name in names
            if self.arguments.get(name) is not None
        }
        return {**self.arguments, **opened}


class GuardedConsumer(RpcConsumer):
    """Sorts what arrives on the service's queue: dead letter, drop, refusal, or work."""

    queue_consumer = BusConsumer()

    def setup(self) -> None:
        super().setup()
        self._publisher = Publisher(self.container.config["AMQP_URI"], use_confirms=False, delivery_mode=1)

    def handle_message(self, body: Any, message: Message) -> None:
        method = message.delivery_info["routing_key"]
        reason = _malformed(body, message)
        if reason is not None:
            self._refuse(message, errors.Invalid("request.malformed"))
            self.queue_consumer.dead_letter(message, self.queue.name, reason)
            return
        headers = message.headers
        request = Request(
            method,
            body["kwargs"],
            headers.get("context"),
            str(headers.get("correlation_id", "")),
            float(headers["deadline"]),
            self.container.config["settings"],
            partial(self._take, message),
        )
        provider = next((one for one in self._providers if one.full_name == method), None)
        if provider is None:
            self._refuse(message, errors.NotFound("rpc.unknown_method"))
            self.queue_consumer.ack_message(message)
            return
        try:
            provider.begin(request, partial(self._answer, message))
        except ContainerBeingKilled:
            self.requeue_message(message)

    def _take(self, message: Message) -> bool:
        self.queue_consumer.ack_message(message)
        taken: bool = message.acknowledged
        return taken

    def _answer(self, message: Message, _ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        error = exc_info[1] if exc_info else None
        if not isinstance(error, Expired):
            self._reply(message, result, errors.to_wire(error) if error else None)
        return result, exc_info

    def _refuse(self, message: Message, error: errors.KaisenError) -> None:
        if message.properties.get("reply_to"):
            self._reply(message, None, errors.to_wire(error))

    def _reply(self, message: Message, result: Any, error: Any) -> None:
        body, properties = answers.to_wire(result, error)
        try:
            self._publisher.publish(
                body,
                **properties,
                exchange="",
                routing_key=message.properties["reply_to"],
                correlation_id=message.properties.get("correlation_id"),
                timeout=_REPLY_SECONDS,
            )
        except Exception as failure:  # the caller's deadline covers a lost answer; the service must go on
            log.warning("answer not sent", error=type(failure).__name__)


def _malformed(body: Any, message: Message) -> str | None:
    """Why a message is no request, or None."""
    if not message.properties.get("reply_to"):
        return "no reply_to"
    if not isinstance(body, dict) or not isinstance(body.get("kwargs"), dict) or body.get("args"):
        return "the body is not {args: [], kwargs: {…}}"
    try:
        float(message.headers["deadline"])
    except (KeyError, TypeError, ValueError):
        return "no deadline"
    return None


class GuardedRpc(Entrypoint):
    rpc_consumer = GuardedConsumer()

    def setup(self) -> None:
        self.full_name = f"{self.container.service_name}.{self.method_name}"
        self.rpc_consumer.register_provider(self)

    def stop(self) -> None:
        self.rpc_consumer.unregister_provider(self)

    def begin(self, request: Request, answer: Callable[..., tuple[Any, Any]]) -> None:
        self.container.spawn_worker(self, (request,), {}, handle_result=answer)


def rpc(
    roles: frozenset[str], sealed: tuple[str, ...] = (), fresh: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Make `method(self, caller, *, …)` callable over the bus by callers that have one of `roles`, or by all (PUBLIC).

    Before the work: deadline, signature of the context, roles, with `fresh` a proof of the person within the last
    minutes (setting), sealed arguments opened, arguments converted by their annotations. The method commits what it
    stores itself, because the answer is sent as soon as it returns.
    """

    def decorate(method: Callable[..., Any]) -> Any:
        checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True))(
            method
        )

        @wraps(method)
        def guarded(service: Any, request: Request) -> Any:
            started = time.perf_counter()
            outcome = "ok"
            with logs.bind(correlation_id=request.correlation_id, method=request.method):
                try:
                    request.begin()
                    caller = request.authenticate(roles, fresh)
                    return answers.jsonable(_call(checked, method, service, caller, request.unsealed(sealed)))
                except Expired:
                    outcome = "expired"
                    raise
                except errors.KaisenError as error:
                    outcome = error.code
                    raise
                except (OperationalError, PoolTimeout) as error:
                    outcome = "service.unavailable"
                    log.warning("database", error=type(error).__name__)
                    raise errors.Unavailable("service.unavailable") from error
                except Exception:
                    outcome = "internal"
                    log.exception("defect")
                    raise
                finally:
                    log.info("rpc", outcome=outcome, ms=round((time.perf_counter() - started) * 1000, 1))

        guarded.roles, guarded.fresh = roles, fresh  # type: ignore[attr-defined]  # read by the permission table's test
        return GuardedRpc.decorator(guarded)

    return decorate


def _call(checked: Any, method: Any, service: Any, caller: context.Caller, arguments: dict[str, Any]) -> Any:
    try:
        return checked(service, caller, **arguments)
    except ValidationError as error:
        if error.title != method.__qualname__ and error.title != method.__name__:
            raise  # not the arguments: a defect inside the method
        raise errors.Invalid("request.invalid", errors=[_problem(one) for one in error.errors()]) from None


def _problem(error: Any) -> dict[str, Any]:
    pointer = "/".join(str(part) for part in error["loc"])
    return {"pointer": pointer, "code": f"type.{error['type']}", "reason": error["msg"]}
