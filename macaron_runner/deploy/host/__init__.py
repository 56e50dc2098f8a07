"""One host that a service is put on, reached by ssh or this very machine: what compose and systemd share.

places      where what is on the host; pure
scripts     what the host's shell is asked to do, each a step that happens or does not; pure
archive     files as the tar that they travel in; pure
manifest    what must be known of a release to run it, and to go back to it; pure
machine     a line of the shell there, and a way to a port of its loopback
lock        who deploys there
store       releases and their records, kept there
engine      what a kind of host must do: run a release, try one, look
platform    the Platform over all of these

<directory>/releases/7/…      the files of a release, and what its engine made of them
<directory>/releases/7.json   its record
<directory>/current           the release that is live: releases/7
<directory>/next              the release that is tried
<directory>/lock              who deploys, while somebody does
<directory>/secrets/NAME      one secret each; never read or written by a deployment
"""
