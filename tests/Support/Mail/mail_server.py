"""A mail server for tests: keeps what it takes as files in a directory, one mail a file, beside the envelope and how it came.

usage: mail_server.py DIRECTORY CERTIFICATE KEY none|starttls|tls [USER PASSWORD [LOGIN]]

Prints its port. RCPT to refused@… is refused for good, to later@… for now. With LOGIN it offers AUTH LOGIN alone.
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

directory, certificate, key, security, *login = sys.argv[1:]
count = 0


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such person"
        if address.startswith("later@") and not os.path.exists(os.path.join(directory, "open")):
            return "450 4.2.1 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        count += 1
        name = os.path.join(directory, f"{count:03}")
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or security == "tls",
            "user": (session.auth_data.login.decode() if session.auth_data else ""),
            "utf8": envelope.smtp_utf8,
        }
        with open(name + ".json", "w", encoding="utf-8") as out:
            json.dump(facts, out)
        with open(name + ".part", "wb") as out:
            out.write(envelope.original_content)
        os.rename(name + ".part", name + ".eml")  # there whole or not at all
        return f"250 OK kept as {count}"


def check(server, session, envelope, mechanism, data):
    ok = [data.login.decode(), data.password.decode()] == login[:2]
    return AuthResult(success=ok, handled=ok, auth_data=data)  # not handled: it answers 535 itself


def make():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    more = {}
    if login:
        more = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
        if login[2:]:
            more["auth_exclude_mechanism"] = ["PLAIN"]
    if security == "starttls":
        more["tls_context"] = tls
        more["require_starttls"] = True
    return SMTP(Keep(), enable_SMTPUTF8=True, **more)


async def main():
    tls = None
    if security == "tls":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until its parent closes the pipe


asyncio.run(main())
os._exit(0)
