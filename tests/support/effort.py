"""How much the tests do, by environment variables."""

import os

# How many times as many random inputs are tried, and all targets of the real files if more than 1.
MORE = int(os.environ.get("AUDIOSET_DUCK_EXAMPLES", "1"))


# How often a test kills what it tests.
KILLS = int(os.environ.get("AUDIOSET_DUCK_KILLS", "4"))
