"""What every view shares: reading bodies, guards, the one error shape, limits, request ids, health.

Views know no SQL and decide no rule: they parse, ask one service, and answer.
"""
