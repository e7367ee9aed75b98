"""The client that ships, against the simulator and against servers that misbehave."""

KEY = "sk_test_0f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4"
BASE = "https://api.paystack.co"
REFERENCE = "pay-00112233445566778899aabbccddeeff"
