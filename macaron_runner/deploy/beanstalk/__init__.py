"""AWS Elastic Beanstalk: a release is a new environment of the Docker platform, and a swap of CNAMEs its traffic.

    render        pure: a planned deployment -> the files of a bundle, and the option settings of an environment
    options       pure: the option settings, in the bundle and beside it
    names         pure: what environments, versions and objects in S3 are called
    bundle        pure: files <-> the zip file that Beanstalk is given
    words         pure: a call of the AWS library as the `aws` command that it equals
    causes        pure: what people and Beanstalk say when something failed -> the likely cause
    aws           the one door to boto3: each call is shown before it is made
    store         what is kept in S3: bundles and the records of releases; locking: the lock
    versions      the versions of the application
    environments  its environments: listed, made, swapped, terminated
    traffic       which of them has the live address, and how it gets to another
    watch         watches one until it is well; evidence: why it is not
    drift         pure: what is live, as rendered files
    tails         pure: the last lines of containers in what a machine sends
    platform      what `macaron deploy` and its like ask of a target

Everything that a release consists of is kept at the target: its bundle, its options, its record. Not for making the
bucket, the application's roles or a secret's value: those are there, or a deployment says what is missing.
"""
