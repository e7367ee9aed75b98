# ruleid: float-money
float(amount)
# ruleid: float-money
amount / 100
# ruleid: float-money
amount_kobo * 1.5
# ruleid: float-money
round(payment.amount, 2)
# ruleid: float-money
x = 0.015 * paid
# ruleid: float-money
share = due // 3.0

# ok: float-money
amount // 100
# ok: float-money
fee = amount * 15 // 1000
# ok: float-money
seconds / 60
# ok: float-money
float(seconds)
