// Steps 3 to 5: Paystack has sent the customer back with ?trxref=…&reference=…; ask our backend what is true, and say it.
// Coming back proves nothing by itself: anyone can type this address. A customer who left the checkout without paying comes
// with &cancelled=1, and that proves nothing either.

import { ask, money } from "./backend.js";

const EVERY = 3; // seconds; asking more often tells nothing new, since the backend asks Paystack no faster
const GIVE_UP_AFTER = 120; // seconds; then the customer decides whether to go on waiting

// Every status the backend knows (and one for those it may learn): how it looks, what it means, what to do.
const OUTCOMES = {
  success: {
    tone: "good", sign: "✓", title: "Thank you, your payment is complete",
    words: () => "Your receipt is on its way to your inbox.",
  },
  pending: {
    tone: "wait", sign: "…", title: "Waiting for your payment",
    words: () => "If you have just paid, this can take a minute. You may close this page: the receipt comes by e-mail.",
  },
  left: {
    tone: "calm", sign: "↩", title: "You left before paying",
    words: () => "We have received nothing. You can go on where you stopped, or leave it at that.",
  },
  failed: {
    tone: "bad", sign: "!", title: "The payment did not go through",
    words: ({ message }) => `${message ? `The answer was: ${sentence(message)} ` : ""}You can try again, with another card if you like.`,
    retry: "Try again",
  },
  abandoned: {
    tone: "bad", sign: "!", title: "The payment was not completed",
    words: () => "It was opened some time ago and never paid. You can start again whenever you like.",
    retry: "Start again",
  },
  quarantined: {
    tone: "bad", sign: "?", title: "A person has to look at this payment",
    words: () => "What arrived is not what was due. Please do not pay again: write to us with the reference below, and we will sort it out.",
  },
  "reversal-pending": {
    tone: "calm", sign: "↺", title: "Your refund is on its way",
    words: () => "Your bank may need up to ten working days to show it.",
  },
  reversed: {
    tone: "good", sign: "↺", title: "Your payment was refunded",
    words: () => "The money went back the way it came. Your bank may need up to ten working days to show it.",
  },
  unknown: {
    tone: "bad", sign: "?", title: "We cannot tell how this payment stands",
    words: () => "Please do not pay again: write to us with the reference below.",
  },
};

const at = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const reference = query.get("reference") ?? query.get("trxref");

at("again").addEventListener("click", follow);
if (reference) follow();
else show({ tone: "bad", sign: "?", title: "Which payment?", words: "This page is opened by the checkout, with a reference in its address.", shop: "Go to the shop" });

// Ask until the answer is final, at a polite pace.
async function follow() {
  at("again").hidden = true;
  const end = Date.now() + GIVE_UP_AFTER * 1000;
  for (;;) {
    const wait = await look();
    if (wait === null) return;
    if (Date.now() + wait * 1000 > end) {
      at("outcome").dataset.tone = "calm";
      at("again").hidden = at("shop").hidden = false;
      return;
    }
    await pause(wait);
  }
}

// One question. Answers with the seconds to wait before the next, or null where another would tell nothing new.
async function look() {
  try {
    const payment = await ask(`/pay/verify/${encodeURIComponent(reference)}`);
    trouble(null);
    tell(payment);
    return standing(payment) === "pending" ? EVERY : null;
  } catch (problem) {
    if (problem.status === 404) {
      show({ tone: "bad", sign: "?", title: "We know no such payment", words: "Its reference is not one of ours. If you were charged, write to us with it.", shop: "Go to the shop", facts: [["Reference", reference]] });
      return null;
    }
    if (!problem.passing) {
      show({ tone: "bad", sign: "!", title: "We could not look this up", words: problem.message, shop: "Go to the shop", facts: [["Reference", reference]] });
      return null;
    }
    // A 503 carries the payment as far as it is known.
    if (problem.body.status) tell(problem.body);
    const wait = problem.retryAfter ?? EVERY * 2;
    trouble(`${problem.message} We ask again in ${wait} seconds. If you paid, your money is safe.`);
    return wait;
  }
}

function standing({ status }) {
  if (status === "pending" && query.has("cancelled")) return "left";
  return Object.hasOwn(OUTCOMES, status) ? status : "unknown";
}

function tell(payment) {
  const outcome = OUTCOMES[standing(payment)];
  show({
    ...outcome,
    words: outcome.words(payment),
    shop: outcome.retry ?? "Back to the shop",
    urge: Boolean(outcome.retry),
    facts: [
      ["Amount", money(payment.amount, payment.currency)],
      ["Paid on", payment.paid_at && new Date(payment.paid_at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })],
      ["Paid by", payment.channel?.replaceAll("_", " ")],
      ["Reference", payment.reference],
    ],
  });
  const checkout = payment.status === "pending" && sessionStorage.getItem(`checkout ${payment.reference}`);
  at("resume").hidden = !checkout;
  if (checkout) at("resume").href = checkout;
}

// textContent and nothing else: what comes from an address or a server is never read as HTML.
function show({ tone, sign, title, words, shop, urge = false, facts = [] }) {
  at("outcome").dataset.tone = tone;
  write("sign", sign);
  write("title", title);
  write("words", words);
  document.title = `${title} · Womaye`;
  at("shop").hidden = tone === "wait";
  at("shop").classList.toggle("quiet", !urge);
  write("shop", shop);
  const known = facts.filter(([, value]) => value);
  at("facts").hidden = known.length === 0;
  at("facts").replaceChildren(...known.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

function trouble(sentence) {
  at("trouble").hidden = !sentence;
  write("trouble", sentence ?? "");
}

// Text that is already there is left alone, so that a screen reader is not made to say it again.
function write(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function sentence(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

// Waits that long, and then until the page is looked at: a forgotten tab asks nothing.
async function pause(seconds) {
  await new Promise((done) => setTimeout(done, seconds * 1000));
  while (document.hidden) await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}
