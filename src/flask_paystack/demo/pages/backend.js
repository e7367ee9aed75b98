// Everything the shop says to its payments backend goes through ask().

// The backend answers within 15 seconds even when Paystack is silent, so a longer wait means the connection is gone.
const PATIENCE = 20_000;

let reading;

/** The shop's own settings, read once: {backend, links}. A file of yours may simply hold the address instead. */
export function configuration() {
  reading ??= fetch("/config.json").then((answer) => {
    if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
    return answer.json();
  });
  // A failed read is forgotten, so that pressing the button again tries again.
  reading.catch(() => { reading = undefined; });
  return reading;
}

/** Anything but a 2xx. `status` is 0 where no answer came at all; `retryAfter` is in seconds, or null. */
export class Problem extends Error {
  constructor(sentence, { status = 0, body = {}, retryAfter = null } = {}) {
    super(sentence);
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may go well later: no answer, too many requests, or a server's trouble. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The JSON the backend answers with. Throws a Problem whose message can be shown to people. */
export async function ask(path, options = {}) {
  let answer, body;
  try {
    const { backend } = await configuration();
    answer = await fetch(backend + path, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    body = await answer.json();
  } catch {
    // fetch tells an unreachable server, a broken connection and a refused origin apart for developers only.
    if (!answer) throw new Problem("The payment service could not be reached. Is your connection all right?");
  }
  if (answer.ok && body) return body;
  const sentence = body?.error ?? "The payment service is in trouble.";
  // A good status whose body broke off on the way is no answer either.
  const status = answer.ok ? 0 : answer.status;
  throw new Problem(sentence, { status, body: body ?? {}, retryAfter: seconds(answer, body) });
}

// The header needs Access-Control-Expose-Headers to be seen from another origin, so the body's field is read first.
function seconds(answer, body) {
  const given = Number(body?.retry_after ?? answer.headers.get("Retry-After"));
  return given > 0 ? given : null;
}

/** An amount for people: (500000, "NGN") is ₦5,000.00. Amounts travel as whole subunits and are divided here only. */
export function money(subunits, currency) {
  return new Intl.NumberFormat("en-NG", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(subunits / 100);
}
