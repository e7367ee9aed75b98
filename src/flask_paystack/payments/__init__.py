"""Payments: opened, verified, settled once.

``model`` holds the rules and imports nothing of ours but money; ``service`` does what a person or Paystack asks for;
``views`` speak HTTP and ask one service.
"""
