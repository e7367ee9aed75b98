"""Payments driven at random by hypothesis, and held against a model of a page.

``machine`` has the rules (what customers, operators, Paystack, time and crashes do), ``model`` what must come of them,
``books`` reads what did, ``stage`` is the shop they play on and can be killed, ``broken`` the controls.
"""
