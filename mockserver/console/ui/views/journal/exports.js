// The journal as files.
import { control, of } from "../../control.js";
import { queryOf } from "./filter.js";

const SIZE = 100;
const MOST_PAGES = 1000;

/** Save the HAR of what a filter asks for; null: of all. */
export async function saveHar(workspace, filter) {
  const har = await control("GET", of(workspace, "journal.har"));
  if (filter) {
    const numbers = await findNumbers(workspace, queryOf(filter));
    har.log.entries = har.log.entries.filter(({ _number }) => numbers.has(_number));
  }
  save(JSON.stringify(har), `${workspace}.har`);
}

/** Save the bug report. */
export async function saveBugReport(workspace) {
  save(JSON.stringify(await control("GET", of(workspace, "bug-report"))), `${workspace}.bug.json`);
}

/** The numbers of all requests that a query finds. */
async function findNumbers(workspace, query) {
  const numbers = new Set();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const found = await control("GET", `${of(workspace, "journal")}?${query}&page=${page}&size=${SIZE}`);
    for (const { number } of found.data) numbers.add(number);
    if (page >= found.page.totalPages) break;
  }
  return numbers;
}

function save(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
