// Only the demonstration needs this: the links in the foot lead to servers whose ports are chosen when it starts.

import { configuration } from "./backend.js";

const { links } = await configuration();
for (const link of document.querySelectorAll("a[data-to]")) {
  link.href = links[link.dataset.to];
}
