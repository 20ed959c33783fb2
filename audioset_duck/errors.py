"""The one kind of failure that a person is told about."""


class AudiosetDuckError(Exception):
    """A failure, told to a person: the bad value, where it stands, what would be right."""
