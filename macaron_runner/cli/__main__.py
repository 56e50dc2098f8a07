"""`python -m macaron_runner.cli`: the command line without its console script."""

import sys

from macaron_runner.cli import main

sys.exit(main())
