# ruleid: secret-compare
if given_token == self.token:
    pass
# ruleid: secret-compare
ok = signature != expected_signature
# ruleid: secret-compare
a.mac == mac

# ok: secret-compare
if scheme != "bearer":
    pass
# ok: secret-compare
select(users).where(users.c.token == token)
# ok: secret-compare
hmac.compare_digest(mac, other_mac)
