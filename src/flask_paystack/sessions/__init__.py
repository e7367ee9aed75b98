"""Session tokens: what an operator works with for ten minutes."""
