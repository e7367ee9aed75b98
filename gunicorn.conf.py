"""How gunicorn serves this: one process with threads, until the store is shared between processes.

Put a buffering proxy such as nginx in front (docs/deploying.md): slow clients would hold threads otherwise.
"""

from flask_paystack.cli.start import begin_to_serve, end_serving, refuse_at_start
from flask_paystack.cli.worker import announce_the_end

bind = "127.0.0.1:8000"
workers = 1
worker_class = "flask_paystack.cli.worker.Worker"
threads = 16
timeout = 60
graceful_timeout = 30
keepalive = 5
# Nothing here is steered at run time, and the socket would lie in the home directory of whoever starts it.
control_socket_disable = True
# Whom to believe about addresses is decided by TRUSTED_PROXIES alone.
forwarded_allow_ips = ""


def on_starting(server):
    """In the master, before anything else: refuse settings that cannot work, in sentences."""
    refuse_at_start(server.cfg.workers)


def post_worker_init(worker):
    """In each worker: let Paystack hold half of the threads at most, take the lock where one may serve, start the jobs."""
    begin_to_serve(worker.wsgi, worker.cfg.threads)


def pre_request(_worker, request):
    """Before each request: say where the connection ends with it."""
    announce_the_end(request)


def worker_exit(_server, worker):
    """Let the jobs finish what they work on."""
    end_serving(getattr(worker, "wsgi", None))
