"""The rights of a person: erasure with a certificate and a proof, access, legal holds."""
