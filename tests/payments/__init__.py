"""Payments: their rules, and how they are opened and verified over HTTP."""
