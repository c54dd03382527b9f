"""What a service counts, in the text format of Prometheus."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def page() -> tuple[str, bytes]:
    """Content type and body of /metrics: the default registry of this process."""
    return CONTENT_TYPE_LATEST, generate_latest()
