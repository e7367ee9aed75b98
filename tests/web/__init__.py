"""What every view shares: bodies, guards, limits, proxies, request ids, log lines, CORS."""
