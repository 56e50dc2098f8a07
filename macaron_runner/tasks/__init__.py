"""Functions that run in Celery workers, from the decorator to the dead letter. Celery is known in this room only.

On the way of one call:

    task (options, retries, durations, limits)       `@asynctask()`, what it and a single call may say
    envelope (arguments, results)                    the form in which arguments and results travel
    sending/                                         to the broker: queued, kept while it is away, sent again
    brokers/                                         which kinds there are, what each keeps and by which settings
    running/                                         in a worker: acknowledged, run, given back, refused
    store, result_store, progress                    what is remembered beside messages, and how far a task has come

And around it:

    discover, routing                                which tasks there are, and which queue a call of each goes to
    registration, celery_task, celery_app            from these and the settings to Celery's
    scheduling/                                      who calls at which time, and only once
    monitoring/                                      what waits, runs and can be reached, for people and probes
"""
