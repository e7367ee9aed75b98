// Shows new mails without a reload, which would lose the reader's place and focus.

const EVERY = 2000; // milliseconds

async function look() {
  if (document.hidden) return;
  const page = await fetch("/").then((answer) => answer.text()).catch(() => null);
  if (page === null) return; // the demonstration has stopped; what was read stays on the screen
  const fresh = new DOMParser().parseFromString(page, "text/html");
  const old = document.querySelector("#mails");
  const mails = fresh.querySelector("#mails");
  if (mails.dataset.newest === old.dataset.newest) return;
  old.replaceWith(mails);
  // The paragraph itself stays, so that a screen reader says what is new in it.
  document.querySelector("#count").textContent = fresh.querySelector("#count").textContent;
  document.title = fresh.title;
}

setInterval(look, EVERY);
