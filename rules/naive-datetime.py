import time
from datetime import UTC, date, datetime

# ruleid: naive-datetime, own-clock
datetime.now()
# ruleid: naive-datetime
datetime.utcnow()
# ruleid: naive-datetime
datetime.utcfromtimestamp(0)
# ruleid: naive-datetime
datetime.fromtimestamp(0)
# ruleid: naive-datetime
date.today()
# ruleid: own-clock
datetime.now(UTC)
# ruleid: own-clock
time.time()

# ok: naive-datetime, own-clock
clock()
# ok: naive-datetime
datetime.fromtimestamp(0, UTC)
# ok: own-clock
clock.monotonic()
