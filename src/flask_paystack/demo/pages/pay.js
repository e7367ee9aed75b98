// Steps 1 and 2: ask our backend to open a payment, and send the customer to Paystack's page.

import { ask, money, Problem } from "./backend.js";

const form = document.querySelector("#pay");
const go = document.querySelector("#go");
const notice = document.querySelector("#notice");
const amountField = document.querySelector("#amount-field");

form.addEventListener("input", refresh);
form.addEventListener("submit", pay);
// The Back button may bring this page back as it was left, with its button still disabled.
window.addEventListener("pageshow", refresh);

async function pay(event) {
  event.preventDefault();
  clearComplaints();
  const product = form.product.value;
  const body = { email: form.email.value.trim() };
  if (product === "donation") {
    body.amount = subunits(form.amount.value);
    if (body.amount === null) return complain("amount", "Write an amount like 2,000 or 2,000.50.");
  }

  busy(true);
  try {
    const payment = await open(product, body);
    // The return page offers the way back to a checkout that was left unfinished. Paystack never tells its address again.
    sessionStorage.setItem(`checkout ${payment.reference}`, payment.authorization_url);
    location.assign(payment.authorization_url);
  } catch (problem) {
    busy(false);
    explain(problem);
  }
}

// A customer who presses again after a time-out must not end up with two payments. The key stays the same until the
// backend has clearly answered, and only while what is asked stays the same: another body under a used key is refused.
async function open(product, body) {
  const asked = JSON.stringify([product, body]);
  let attempt = JSON.parse(sessionStorage.getItem("attempt"));
  if (attempt?.asked !== asked) {
    attempt = { asked, key: crypto.randomUUID() };
    sessionStorage.setItem("attempt", JSON.stringify(attempt));
  }
  try {
    const payment = await ask(`/pay/${product}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": attempt.key },
      body: JSON.stringify(body),
    });
    sessionStorage.removeItem("attempt");
    return payment;
  } catch (problem) {
    if (!problem.passing) sessionStorage.removeItem("attempt");
    throw problem;
  }
}

// "2,000.50" to 200050 without a float on the way: 1.15 * 100 is 114.99999999999999.
function subunits(text) {
  const parts = /^(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return parts && Number(parts[1].replaceAll(",", "")) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
}

function refresh() {
  const donation = form.product.value === "donation";
  amountField.hidden = !donation;
  form.amount.required = donation;
  const price = form.querySelector(":checked").closest("label").querySelector("[data-subunits]");
  const due = donation ? subunits(form.amount.value) : Number(price.dataset.subunits);
  busy(false);
  go.textContent = due ? `Pay ${money(due, "NGN")}` : "Pay";
}

function busy(yes) {
  go.disabled = yes;
  if (yes) go.textContent = "One moment…";
}

function explain(problem) {
  if (!(problem instanceof Problem)) throw problem;
  refresh();
  const fields = Object.entries(problem.body.fields ?? {}).filter(([name]) => form.elements[name]?.closest(".field"));
  for (const [name, sentence] of fields) complain(name, sentence);
  if (fields.length) return;
  notice.textContent = problem.passing ? `${problem.message} ${later(problem)}` : problem.message;
  notice.hidden = false;
}

function later({ retryAfter }) {
  const when = retryAfter ? `in ${retryAfter} seconds` : "in a moment";
  return `Nothing was charged. Please press Pay again ${when}: it will not count twice.`;
}

function complain(name, sentence) {
  const wrong = document.querySelector(`#${name}-wrong`);
  wrong.textContent = sentence;
  wrong.hidden = false;
  form.elements[name].setAttribute("aria-invalid", "true");
  form.elements[name].focus();
}

function clearComplaints() {
  notice.hidden = true;
  for (const wrong of form.querySelectorAll(".wrong")) wrong.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}
