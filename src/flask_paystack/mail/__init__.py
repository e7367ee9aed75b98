"""Mail: queued with what it tells of, sent later, at least once, under one Message-ID."""
