"""What our HTTP APIs promise: one definition that requests are checked against and that the OpenAPI file is written from."""
