"""One suite for every backend of the expiring map, and a file for the quirks of each."""

from datetime import timedelta

LIFETIME = timedelta(seconds=50)
