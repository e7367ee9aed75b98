import jwt

# ruleid: bare-jwt
jwt.decode(token, secret, algorithms=["HS256"])
# ruleid: bare-jwt
jwt.PyJWT()
# ruleid: bare-jwt
self._jwt.decode_complete(token, secret)

# ok: bare-jwt
self._jwt.decode_complete(token, secret, algorithms=["HS256"])
# ok: bare-jwt
jwt.PyJWT(options={"enforce_minimum_key_length": True})
