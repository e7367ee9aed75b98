import json

from flask import request

from flask_paystack import strict_json

# ruleid: lenient-json
request.get_json(force=True)
# ruleid: lenient-json
request.json
# ruleid: lenient-json
json.loads(body)
# ruleid: emptied-body
request.data

# ok: lenient-json, emptied-body
strict_json.loads(request.get_data())
# ok: lenient-json
json.dumps(value)
