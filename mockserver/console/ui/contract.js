// The contract of the mocked API, read once for the page.
import { useEffect, useState } from "./html.js";

let reading = null;

/** The contract as JSON; null until it is there, or where it cannot be read. */
export function useContract() {
  const [contract, setContract] = useState(null);
  useEffect(() => {
    let alive = true;
    reading ??= read();
    reading.then((found) => alive && setContract(found));
    return () => {
      alive = false;
    };
  }, []);
  return contract;
}

async function read() {
  try {
    const answer = await fetch("/openapi.json");
    if (answer.ok) return await answer.json();
  } catch {
    // said by the frame of the page: the mock does not answer
  }
  reading = null; // asked again by the next who needs it
  return null;
}
