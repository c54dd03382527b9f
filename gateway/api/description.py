"""The OpenAPI description: what is the same for every operation, and how an operation states who may call it."""

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask
from pydantic import Field

from gateway.api.schema import Answer, example
from gateway.auth import Kind, View, access

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REASONS = {
    400: "The request cannot be read",
    401: "No session, or it has ended",
    403: "The account may not do this, or the form token is missing",
    404: "There is no such thing for this caller",
    409: "The present state does not allow it",
    413: "The body is too large",
    415: "The content type is not supported",
    422: "A value is wrong; `errors` names each",
    429: "Too many of them; `Retry-After` says in how many seconds it works again",
    503: "A service cannot be reached; nothing was done",
    504: "No answer in time; whether it was done is unknown",
}


class FieldProblem(Answer):
    """One wrong field."""

    pointer: str = Field(description="JSON pointer into the body, or `/` and the name of the parameter")
    code: str
    detail: str = Field(description="what is wrong and what to do, in the caller's language")


class Problem(Answer):
    """Problem details (RFC 9457) with a stable `code`."""

    model_config = example(
        {
            "type": "urn:kaisen:problem:start_date.out_of_range",
            "title": "Something in the input is wrong",
            "status": 422,
            "code": "start_date.out_of_range",
            "detail": "Choose a start date from March 11, 2026 to June 11, 2026.",
            "errors": [
                {
                    "pointer": "/start_date",
                    "code": "start_date.out_of_range",
                    "detail": "Choose a start date from March 11, 2026 to June 11, 2026.",
                }
            ],
            "details": {"earliest": "2026-03-11", "latest": "2026-06-11"},
            "correlation_id": "5f1d3f0f5c0b4b0e8a58a9e7f0b6c1d2",
        }
    )

    type: str = Field(description="`urn:kaisen:problem:` and the code")
    title: str
    status: int
    code: str = Field(description="stable, for programs")
    detail: str = Field(description="what happened and what to do, in the caller's language")
    errors: list[FieldProblem]
    details: dict[str, Any] | None = Field(None, description="facts behind `detail`, for programs")
    correlation_id: str = Field(description="names this request in our logs")


def operation(
    kind: Kind, *refusals: int, answers: dict[int, Any] | None = None, **parts: Any
) -> Callable[[View], View]:
    """`access(kind)` for an API view, stated in the description together with the refusals it may answer.

    `answers` describes successes that `@blueprint.output` cannot: status to text, or to an OpenAPI response object.
    `parts` are members of the OpenAPI operation object that APIFlask has no decorator for.
    """
    statuses = sorted({*refusals, 503, 504} | (set() if kind == "public" else {401, 403}))
    problems = {status: {"description": _REASONS[status], "content": _PROBLEM} for status in statuses}

    def decorator(view: View) -> View:
        spec = getattr(view, "_spec", {})  # where APIFlask's own decorators keep what they know of a view
        spec["operation_id"] = view.__name__
        spec["extensions"] = parts
        spec["responses"] = {**(answers or {}), **problems}
        spec["security"] = None if kind == "public" else [{"bearer": []}, {"cookie": [], "csrf": []}]
        view._spec = spec  # type: ignore[attr-defined]
        return access(kind)(view)

    return decorator


def init_app(app: APIFlask) -> None:
    app.config.update(
        DESCRIPTION=(
            "Log in with `POST /api/v1/auth/login`, then send the token as `Authorization: Bearer`, or let the cookie "
            "do it and send `csrf_token` of `GET /api/v1/auth/session` as `X-CSRF-Token` with every unsafe request. "
            "A program sends an API key that an administrator of the console has made, in place of the token. "
            "Every answer has an `X-Correlation-Id`; send your own to find a request in both our logs."
        ),
        SERVERS=[{"url": "/"}],  # not the request's Host, which a caller may make up
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_200_RESPONSE=False,
        SECURITY_SCHEMES={
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "the token that a completed login answers, or an API key (`kaisen_…`)",
            },
            "cookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": "__Host-kaisen",
                "description": "set by a completed login; named `kaisen` over http on localhost",
            },
            "csrf": {
                "type": "apiKey",
                "in": "header",
                "name": "X-CSRF-Token",
                "description": "beside the cookie, for unsafe methods only",
            },
        },
    )
    app.spec_processor(_finish)


def _finish(spec: Any) -> Any:
    schemas = spec["components"].setdefault("schemas", {})
    template = "#/components/schemas/{model}"
    problem = Problem.model_json_schema(ref_template=template)
    schemas.update(problem.pop("$defs"), Problem=problem)
    # APIFlask names a nested model `Outer.Inner`, once for every outer one; it is one model.
    spec["components"]["schemas"] = {name.rpartition(".")[2]: schema for name, schema in schemas.items()}
    return _shorten(spec)


def _shorten(node: Any) -> Any:
    if isinstance(node, list):
        return [_shorten(one) for one in node]
    if not isinstance(node, dict):
        return node
    short = {name: _shorten(value) for name, value in node.items()}
    if isinstance(reference := short.get("$ref"), str):
        folder, _, name = reference.rpartition("/")
        short["$ref"] = f"{folder}/{name.rpartition('.')[2]}"
    return short
