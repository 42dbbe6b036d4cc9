"""What tests of alerts share: a web server that notes what it is sent, and the alert that comes and
goes at once."""

import http.server
import json
import ssl
import threading

import daemon
from daemon import Daemon

SECRET = "s3cr3t-path"


def tickd(*arguments, **options):
    return Daemon("--set", "alerts.timeout_s=2", *arguments, **options)


class Hook(http.server.ThreadingHTTPServer):
    """A web server on this machine that notes what it is sent, and answers as it is told: with
    each status of `statuses` once, then 204. A status None answers nothing, until released."""

    def __init__(self, *statuses, certificate=None):
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = hook.note(self.path, dict(self.headers), json.loads(body))
                if status is None:
                    hook.released.wait(daemon.LIMIT_S)
                    return
                self.send_response(status)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        self.statuses, self.posts, self.lock = list(statuses), [], threading.Lock()
        self.released = threading.Event()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up, which some tests are about

    def note(self, path, headers, alert):
        with self.lock:
            self.posts.append((path, headers, alert))
            return self.statuses.pop(0) if self.statuses else 204

    def url(self, scheme="http", host="127.0.0.1"):
        return "%s://%s:%d/%s" % (scheme, host, self.server_address[1], SECRET)

    def __exit__(self, *exception):
        self.released.set()
        self.shutdown()
        self.server_close()


def states(posts):
    return [(alert["alert"], alert["state"]) for _, _, alert in posts]


def halt_and_unhalt(one):
    """The alert with the shortest hold and clear times: it fires, and is resolved."""
    one.status()  # it is there
    assert one.control("halt", "a", "test").returncode == 0
    one.wait_for_log(event="alert", alert="halted", state="firing")
    assert one.control("unhalt").returncode == 0
    one.wait_for_log(event="alert", alert="halted", state="resolved")
