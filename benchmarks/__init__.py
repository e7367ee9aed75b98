"""Measurements, each run by its name: ``python -m benchmarks.NAME``. They start what they need."""
