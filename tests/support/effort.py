"""How thorough the tests are, set by environment variables."""

import os

# Factor for the number of random inputs; above 1, all targets of the real files are compared.
MORE = int(os.environ.get("AUDIOSET_DUCK_EXAMPLES", "1"))


# How many times a test kills the process that it tests.
DEFAULT_KILLS = 2
KILLS = int(os.environ.get("AUDIOSET_DUCK_KILLS", DEFAULT_KILLS))
