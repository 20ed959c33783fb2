"""What a user asks for: targets and options."""
