"""What is said between Tandem's processes: errors, callers, queries, events. Standard library only."""
