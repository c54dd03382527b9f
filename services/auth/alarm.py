"""Wrong codes of all accounts together: guessing that is spread over many accounts shows nowhere else."""

from datetime import timedelta

from prometheus_client import Counter, Gauge

from chassis import logs

log = logs.get_logger()

WINDOW = timedelta(minutes=10)

CODE_FAILURES = Counter("kaisen_auth_code_failures", "Wrong login codes and one-time passwords")
_recent = Gauge(
    "kaisen_auth_code_failures_recent",
    "Wrong login codes and one-time passwords, last 10 minutes, all replicas",
)
_alarm = Gauge("kaisen_auth_code_failures_alarm", "1 while there are more of them than the settings allow")


class CodeAlarm:
    """Whether the alarm is raised, as this process has last seen it."""

    def __init__(self) -> None:
        self._is_raised = False

    def watch(self, failures: int, limit: int) -> None:
        """Show the failures of the last minutes; a rise to `limit` or above is also logged, once."""
        is_raised = failures >= limit
        _recent.set(failures)
        _alarm.set(is_raised)
        if is_raised and not self._is_raised:
            log.error("many wrong codes", failures=failures, limit=limit, minutes=WINDOW.seconds // 60)
        self._is_raised = is_raised


code_alarm = CodeAlarm()
