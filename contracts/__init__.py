"""What is said between Tandem's processes: errors, callers, events. Standard library only."""
