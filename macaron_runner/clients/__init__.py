"""Operations as callables that call them elsewhere: `apipool.inventory.client.get_item(item_id=3)`.

    arguments  ->  encoding, bodies         ->  Outgoing, the request as data
    Outgoing   ->  caller, course           ->  Answer; who asks, deadline, retries; a transport sends it (http, local)
    Answer     ->  decoding, remote_errors  ->  a model, a value, or an error (failures)

client is what handlers see; operations has what is compiled, configured makes all of it from macaron.yaml. pages and
downloads are for what does not come at once; naming, describing and stubs for people and type checkers.

Everything is compiled once; a call only runs it. Not for serving anything (server).
"""
