"""What an operator works with: payments and why they are as they are, events, messages, numbers."""
