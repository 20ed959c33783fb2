"""The exception type of all failures that a user can fix."""


class AudiosetDuckError(Exception):
    """A failure that a user can fix; its message names the value, the place and the cure."""
