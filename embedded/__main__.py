"""python -m embedded: start everything; Ctrl-C stops it."""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()  # before anything else is imported

from embedded.product import main  # noqa: E402

main()
