"""The storefront: a small shop in front of the laptop cloud, and beside it what becomes of every click.

`omni shop` serves it. The browser knows nothing but this server: the server signs what goes to the event door and to the recommendations
API, and says what the bus, the ledger, the twins and the customer's item tell. Pure parts: `messages` (Segment's spec), `shelf` (products),
`journal` (what became of an event); `tap`, `watch` and `counter` read and write the cloud; `server` is HTTP; `page/` is the page.
"""
