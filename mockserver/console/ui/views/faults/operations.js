// The calls that there are, from the contract of the mocked API.
import { useContract } from "../../contract.js";
import { useMemo } from "../../html.js";
import { OPERATIONS } from "./words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** `[operationId, what it does]` of each; those that are known by heart until the contract is read, or if it cannot be. */
export function useOperations() {
  const contract = useContract();
  return useMemo(() => (contract ? operationsOf(contract) : Object.entries(OPERATIONS)), [contract]);
}

function operationsOf({ paths }) {
  return Object.values(paths)
    .flatMap((path) => METHODS.map((method) => path[method]).filter((operation) => operation?.operationId))
    .map(({ operationId, summary }) => [operationId, OPERATIONS[operationId] ?? summary ?? operationId]);
}
