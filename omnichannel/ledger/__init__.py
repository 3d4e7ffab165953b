"""The ledger of every flow: written in parts, added up, and closed or refused."""
