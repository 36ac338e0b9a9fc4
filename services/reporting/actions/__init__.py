"""The questions that reporting answers."""
