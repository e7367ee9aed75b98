from flask import request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

# ruleid: host-link
link = request.host_url + "pay/retry/" + token
# ruleid: host-link
link = url_for("retry", token=token, _external=True)
# ruleid: forwarded-header
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)
# ruleid: forwarded-header
address = request.headers.get("X-Forwarded-For", "")
# ruleid: forwarded-header
address = request.headers["x-real-ip"]

# ok: host-link
link = links.retry(token)
# ok: host-link
path = url_for("retry", token=token)
# ok: forwarded-header
address = request.remote_addr
# ok: forwarded-header
kind = request.headers.get("Content-Type")
