# ruleid: lenient-digits
key.isdigit()
# ruleid: lenient-digits
number = int(text) if text.isdecimal() else 0

# ok: lenient-digits
text.isascii() and text.isdigit()
# ok: lenient-digits
re.fullmatch(r"[0-9]{6}", key)
