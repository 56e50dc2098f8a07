"""From the Processes that `run` supervises to a target: what a deployment puts there, and the course it takes.

    one half knows, and does nothing        the other half acts
    ------------------------------------    ------------------------------------------------------
    workloads   what runs, and how many     planning     reads macaron.yaml's files: Seen -> Planned
    files       what is put somewhere       hands        the one place that runs commands and calls
    naming      names that fit              programs     starts and ends programs, for hands
    release     the record of a release     target       what a Platform must do, and the table of kinds
    commands    words of a command          <kind>/platform   how one kind of target is met
    failures    what can go wrong           acceptance   whether a release is let in
    difference  files against files         pipeline     the course of a deployment, the same for every target
    <kind>/render   Planned -> Files

What knows is pure: no file, no environment, no clock, no framework; the import contracts in pyproject.toml hold it to
that. Each kind of target has a folder of its own (kubernetes, cloud_run, beanstalk, compose, systemd) and one line in
the table of target; nothing else knows it. Not for what is wrong with a service (inspection), nor for people (cli).
"""
