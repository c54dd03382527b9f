"""Run by Alembic; see `python -m chassis migrate`."""

from chassis.migrations import run_env

run_env()
