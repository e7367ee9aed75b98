import threading

from flask_mail import Message

# ruleid: late-work
threading.Thread(target=send, daemon=True).start()
# ruleid: late-work
response.call_on_close(send)
# ruleid: unchecked-mail-header
Message(subject, extra_headers={"X-Order": order})

# ok: late-work
jobs.add(send)
# ok: unchecked-mail-header
Message(subject)
