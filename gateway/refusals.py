"""Refusals that only an HTTP edge can make; they never cross the bus."""

from typing import ClassVar

from chassis.errors import KaisenError


class BadRequest(KaisenError):
    """The request cannot be read, or lacks a header."""

    status: ClassVar[int] = 400


class UnsupportedMediaType(KaisenError):
    status: ClassVar[int] = 415
