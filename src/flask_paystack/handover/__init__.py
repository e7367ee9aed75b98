"""The hand-over: a settled payment reaches the merchant's own code, at least once, until that code accepts it."""
