"""Paystack's API. The only room that knows its JSON; what it answers leaves here as our own model's words."""
