"""Programs that use Paystack through SDKs nobody here wrote, each as one initialize, pay, verify, list and refund.

A program gets the base URL and a secret key, and prints one line of JSON. Only the base URL of its SDK is changed.
"""
