"""Webhooks: who may knock, what is kept, and what is made of it."""
