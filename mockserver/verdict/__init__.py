"""What a client does wrong: its side of the contract, watched (`watch`), counted (`coverage`) and told (`encode`)."""
