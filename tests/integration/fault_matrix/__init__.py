"""What becomes of a call at whose provider something goes wrong: every fault, for a plain call and
for a stream, at a provider that stands alone, at one with another behind it, and at one that is
tried again. The tables are the tests' expectations, and docs/faults.md is made of them."""
