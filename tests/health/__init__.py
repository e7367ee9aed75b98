"""Alive, able to work, and the numbers behind it."""
