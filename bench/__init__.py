"""How fast the product is, told as ratios: against a peer or a limit that is measured in the same run.

A time says as much of the machine and of what else runs on it as of the product; a ratio stays when both change.
"""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")  # nameko's to change, not ours
