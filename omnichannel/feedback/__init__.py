"""What comes back of messages: onto customers' items, into their contacts, and as outcomes of campaigns."""
