"""Admin access keys: six digits, mailed to an admin, good once within fifty seconds."""
