"""The contract as tests: a file for each family of clauses, a test for each clause."""
