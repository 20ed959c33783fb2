"""The one kind of failure that a person is told about."""


class AudiosetDuckError(Exception):
    """A failure with a message for a person: the bad value, where it stands, what would be right."""
