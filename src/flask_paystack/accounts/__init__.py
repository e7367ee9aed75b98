"""Accounts: people who log in, and the tokens that say who they are."""
