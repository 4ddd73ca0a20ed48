"""`python -m vidmagic`."""

from __future__ import annotations

import sys

from vidmagic.cli import main

sys.exit(main())
