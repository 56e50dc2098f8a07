"""Requests over sockets: the only door to httpcore2, which is imported when the first call is made.

    reach       where to, by which proxy; what goes wrong there, in our words
    tls         whom to believe, and what to show
    sockets     sockets on which no read or write outlives its call
    arriving    an answer that arrives, for threads and for coroutines
    blocking    the transport of threads: one pool of connections a process
    coroutines  the transport of coroutines: one pool a loop

Not for trying again, redirects or deadlines (course).
"""
