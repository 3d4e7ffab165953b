"""The environment of every function: one class that the stack writes and the function reads, in the module of its subject."""
