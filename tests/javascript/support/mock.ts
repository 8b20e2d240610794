/** The mock server that all tests share, each in a workspace of its own. Its address is MOCK_URL. */

import { startMock } from "./server";

export default async function setup(): Promise<() => Promise<void>> {
  const mock = await startMock();
  process.env.MOCK_URL = mock.url;
  return async () => {
    const code = await mock.stop();
    if (code !== 0) throw new Error(`the mock server ended with exit code ${code}`);
  };
}
