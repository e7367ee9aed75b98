"""Webhooks: verified over their raw bytes, kept, answered, and only then understood."""
