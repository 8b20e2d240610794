"""The rules of the contract: pure, importing nothing but the standard library and each other."""
