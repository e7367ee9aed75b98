"""The page on which the demonstration's mails are read. What is in a mail is a stranger's, and runs nothing."""

from flask import Flask, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from flask_paystack.demo.catcher import Mail, MailCatcher
from flask_paystack.demo.local_server import LOOPBACK, guard_page

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""For the HTML of a mail: its own styles, no script, no request to anyone, an origin of its own. Its links open a new tab."""


def create_mailbox(catcher: MailCatcher) -> Flask:
    """An inbox over what ``catcher`` holds, as a Flask application."""
    app = Flask(__name__, static_folder="pages", static_url_path="/assets", template_folder="pages")
    app.config["TRUSTED_HOSTS"] = [LOOPBACK]

    def find(mail_id: int) -> Mail:
        return catcher.get_mail(mail_id) or abort(404, "There is no such mail: the mailbox forgets when it stops.")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        return guard_page(response, PAGE_POLICY)

    @app.get("/")
    def inbox() -> ResponseReturnValue:
        """Every mail, newest first."""
        return render_template("inbox.html", mails=catcher.mails())

    @app.get("/messages.json")
    def messages() -> ResponseReturnValue:
        """The same for programs."""
        return jsonify(messages=[_as_json(mail) for mail in catcher.mails()])

    @app.get("/mails/<int:mail_id>")
    def read(mail_id: int) -> ResponseReturnValue:
        """One mail: its text, its HTML in a frame, the way to its source."""
        return render_template("mail.html", mail=find(mail_id))

    @app.get("/mails/<int:mail_id>/html")
    def show_html(mail_id: int) -> ResponseReturnValue:
        """The HTML alone, under a policy that lets it do nothing but look like something."""
        html = find(mail_id).html
        if html is None:
            abort(404, "This mail has no HTML.")
        # A retry page refuses to be framed, so links leave the frame. A second doctype further down is ignored by browsers.
        response = Response(f'<!doctype html><base target="_blank">{html}', mimetype="text/html")
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        return response

    @app.get("/mails/<int:mail_id>/source")
    def show_source(mail_id: int) -> ResponseReturnValue:
        """The bytes that came in."""
        return Response(find(mail_id).raw, content_type="text/plain; charset=utf-8")

    return app


def _as_json(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(timespec="milliseconds"),
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
    }
