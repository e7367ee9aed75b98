import urllib.request
from urllib.request import urlopen

import requests


def asks():
    # ruleid: bare-requests
    requests.get(url)
    # ruleid: bare-requests
    requests.post(url, json={}, timeout=3, allow_redirects=False)
    # ruleid: bare-requests
    urlopen(url)
    # ok: bare-requests
    client.get(url)


def makes():
    # ruleid: trusting-session
    return requests.Session()


def makes_another():
    # ok: trusting-session
    session = requests.Session()
    session.trust_env = False
    return session


def uses():
    # ruleid: trusting-session
    with requests.Session() as session:
        # ruleid: followed-redirect
        session.get(url, timeout=3)
        # ruleid: followed-redirect
        session.request("GET", url, timeout=3, allow_redirects=True)
        # ok: followed-redirect
        session.post(url, timeout=3, allow_redirects=False)


def uses_another():
    # ok: trusting-session
    with requests.Session() as session:
        session.trust_env = False
