"""Operations as callables that call them elsewhere: `apipool.inventory.client.get_item(item_id=3)`.

    arguments  ->  encoding     ->  Outgoing     the request as data
    Outgoing   ->  course       ->  Answer       deadline, retries, breaker; a transport sends it (http, local)
    Answer     ->  decoding     ->  model, value, or an error (failures)

Everything is compiled once, at start; a call only runs it. Not for serving anything (server).
"""
